#include "domain/payment.h"
#include "http/handlers.h"

enum { NUMBER_BYTES_MAX = 48 };

static const struct field number = {"reservation_numbers", FIELD_TEXT, REQUIRED, 1, NUMBER_BYTES_MAX, NULL};

const struct field payment_fields[] = {
    {"reservation_numbers", FIELD_TEXTS, REQUIRED, 1, SEATS_PER_CALL_MAX, &number},
    {0},
};

enum outcome post_payment(struct request *request, struct response *response)
{
    struct json_object *list = json_object_object_get(request->body, "reservation_numbers");
    const char *numbers[SEATS_PER_CALL_MAX];
    size_t count = json_object_array_length(list);
    const char *receipt;

    for (size_t i = 0; i < count; i++)
        numbers[i] = json_object_get_string(json_object_array_get_idx(list, i));
    enum outcome outcome = payment_make(&request->call, numbers, count, &receipt);
    if (outcome == OUTCOME_DONE)
        text_format(response->body, "%s\n", receipt);
    return outcome;
}
