/* Many requests for the same money at the same moment, over threads and processes. */
#include <inttypes.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <talloc.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/must.h"
#include "base/secret.h"
#include "domain/cancellation.h"
#include "domain/payment.h"
#include "domain/points.h"
#include "tests/integration/money.h"

enum { PRICE = 70000, CROWD = 25, ANSWER_MAX = 500, PATIENCE_MS = 30000, ROUNDS = 4 };

/* Ask until there is an answer that does not pass by itself. */
static enum outcome insist(struct call *call, enum outcome (*ask)(struct call *call, void *args), void *args)
{
    int64_t until_ms = clock_now_ms() + PATIENCE_MS;
    enum outcome outcome;

    do {
        call->now_ms = clock_now_ms();
        outcome = ask(call, args);
        if (!money_passes(outcome))
            return outcome;
        usleep(1000 + secret_random_below(5000));
    } while (clock_now_ms() < until_ms);
    return outcome;
}

/* One key */

struct one_key {
    uint64_t account_id;
    const char *number;
    int to_parent;
};

struct answer {
    enum outcome outcome;
    char text[ANSWER_MAX];
};

struct question {
    const char *number;
    struct answer *answer;
};

static enum outcome pay_it(struct call *call, void *args)
{
    const struct question *question = args;
    const char *receipt = "";
    enum outcome outcome = payment_make(call, &question->number, 1, &receipt);

    snprintf(question->answer->text, ANSWER_MAX, "%s", outcome == OUTCOME_DONE ? receipt : "");
    return outcome;
}

static void send_and_report(struct call *call, size_t index, void *args)
{
    const struct one_key *key = args;
    struct answer answer = {0};
    struct question question = {key->number, &answer};

    (void)index;
    money_become(call, key->account_id, "the one key", "the one body");
    answer.outcome = insist(call, pay_it, &question);
    (void)!write(key->to_parent, &answer, sizeof(answer)); /* short enough to be written whole */
}

/* A process like a worker's: nothing of the parent's connections is used. */
static pid_t start_process(struct fixture *fixture, struct one_key *key)
{
    pid_t pid = fork();

    if (pid != 0)
        return pid;
    money_crowd(must(store_shared_new(NULL, fixture->config)), CROWD, send_and_report, key);
    _exit(0);
}

static size_t read_answers(int from, struct answer *first)
{
    struct answer answer;
    size_t count = 0;

    for (; read(from, &answer, sizeof(answer)) == (ssize_t)sizeof(answer); count++) {
        assert_int_equal(answer.outcome, OUTCOME_DONE);
        if (count == 0)
            *first = answer;
        assert_string_equal(answer.text, first->text);
    }
    return count;
}

static void a_round_of_one_key(struct fixture *fixture, uint64_t concert, uint32_t seat)
{
    uint64_t fan = fixture_account(fixture, PRICE);
    struct call call = money_call(fixture, fan, "the one key", "the one body");
    struct answer first;
    const char *again;
    int pipe_ends[2];

    money_enter(&call, concert);
    money_hold(&call, concert, seat);
    assert_int_equal(pipe(pipe_ends), 0);
    struct one_key key = {fan, money_number(&call, concert, seat), pipe_ends[1]};
    pid_t lives = start_process(fixture, &key);
    pid_t dies = start_process(fixture, &key);
    close(pipe_ends[1]);
    usleep(secret_random_below(40000));
    kill(dies, SIGKILL);
    waitpid(dies, NULL, 0);
    size_t count = read_answers(pipe_ends[0], &first);
    waitpid(lives, NULL, 0);
    close(pipe_ends[0]);
    assert_true(count >= CROWD);
    assert_int_equal(money_pay(&call, concert, seat, &again), OUTCOME_DONE);
    assert_string_equal(again, first.text);
    assert_int_equal(money_points(fixture, fan), 0);
}

static void fifty_requests_with_one_key_get_one_answer_though_a_process_is_killed(void **state)
{
    struct fixture *fixture = *state;
    uint64_t concert = fixture_concert(fixture, 1, 10, PRICE, 10);

    for (uint32_t seat = 1; seat <= ROUNDS; seat++)
        a_round_of_one_key(fixture, concert, seat);
    assert_int_equal(fixture_number(fixture, "SELECT COUNT(*) FROM payment"), ROUNDS);
}

struct repeats {
    uint64_t account_id;
    uint64_t concert_id;
    _Atomic int by_outcome[OUTCOMES];
};

static void pay_again(struct call *call, size_t index, void *args)
{
    struct repeats *repeats = args;
    const char *answer;

    (void)index;
    money_become(call, repeats->account_id, "one key", "seat 1");
    repeats->by_outcome[money_pay(call, repeats->concert_id, 1, &answer)]++;
}

/* However many ask, nobody is sent away for asking too often. */
static void what_was_paid_is_told_again_to_all_who_ask_at_once(void **state)
{
    struct fixture *fixture = *state;
    struct repeats repeats = {.account_id = fixture_account(fixture, PRICE),
                              .concert_id = fixture_concert(fixture, 1, 10, PRICE, 10)};
    struct call call = money_call(fixture, repeats.account_id, "one key", "seat 1");

    money_enter(&call, repeats.concert_id);
    money_hold(&call, repeats.concert_id, 1);
    assert_int_equal(money_pay(&call, repeats.concert_id, 1, NULL), OUTCOME_DONE);
    money_crowd(fixture->shared, CROWD, pay_again, &repeats);
    assert_int_equal(repeats.by_outcome[OUTCOME_DONE], CROWD);
}

/* One account */

struct counts {
    uint64_t account_id;
    const char *number;
    _Atomic int by_outcome[OUTCOMES];
};

static enum outcome charge_one(struct call *call, void *args)
{
    (void)args;
    const char *answer;

    return points_charge(call, 1, &answer);
}

static void charge_with_own_key(struct call *call, size_t index, void *args)
{
    struct counts *counts = args;
    const char *key = must(talloc_asprintf(call->mem, "key-%zu", index));

    money_become(call, counts->account_id, key, key);
    atomic_fetch_add(&counts->by_outcome[insist(call, charge_one, NULL)], 1);
}

static void charges_of_one_account_add_up(void **state)
{
    struct fixture *fixture = *state;
    struct counts counts = {.account_id = fixture_account(fixture, 0)};

    money_crowd(fixture->shared, CROWD, charge_with_own_key, &counts);
    assert_int_equal(counts.by_outcome[OUTCOME_DONE], CROWD);
    assert_int_equal(money_points(fixture, counts.account_id), CROWD);
}

static void cancel_once(struct call *call, size_t index, void *args)
{
    struct counts *counts = args;
    const char *key = must(talloc_asprintf(call->mem, "cancel-%zu", index));
    const char *answer;

    money_become(call, counts->account_id, key, key);
    atomic_fetch_add(&counts->by_outcome[cancellation_make(call, counts->number, &answer)], 1);
}

static void a_reservation_is_refunded_once_however_many_ask(void **state)
{
    struct fixture *fixture = *state;
    uint64_t concert = fixture_concert(fixture, 1, 10, PRICE, 10);
    struct counts counts = {.account_id = fixture_account(fixture, PRICE)};
    struct call call = money_call(fixture, counts.account_id, "pay", "seat 1");

    money_enter(&call, concert);
    money_hold(&call, concert, 1);
    counts.number = money_number(&call, concert, 1);
    assert_int_equal(money_pay(&call, concert, 1, NULL), OUTCOME_DONE);
    money_crowd(fixture->shared, CROWD, cancel_once, &counts);
    assert_int_equal(counts.by_outcome[OUTCOME_DONE], 1);
    assert_int_equal(counts.by_outcome[OUTCOME_DONE] + counts.by_outcome[OUTCOME_NOT_FOUND] +
                         counts.by_outcome[OUTCOME_BUSY] + counts.by_outcome[OUTCOME_TOO_MANY_REQUESTS],
                     CROWD);
    assert_int_equal(money_points(fixture, counts.account_id), PRICE);
}

enum { GREEDY = 200, OTHERS = 4, CHARGES_OF_OTHERS = 100, TIMES = OTHERS * CHARGES_OF_OTHERS };

struct bystanders {
    struct counts greedy;
    size_t greedy_count;
    uint64_t others[OTHERS];
    const char *round;
    int64_t took_us[TIMES];
    _Atomic int served;
};

static void charge_as_other(struct call *call, struct bystanders *all, size_t index)
{
    const char *answer;

    for (int i = 0; i < CHARGES_OF_OTHERS; i++) {
        const char *key = must(talloc_asprintf(call->mem, "%s-%d", all->round, i));
        money_become(call, all->others[index], key, key);
        int64_t start_ns = clock_steady_ns();
        if (points_charge(call, 1, &answer) == OUTCOME_DONE)
            atomic_fetch_add(&all->served, 1);
        all->took_us[index * CHARGES_OF_OTHERS + (size_t)i] = (clock_steady_ns() - start_ns) / 1000;
    }
}

static void charge_as_greedy_or_other(struct call *call, size_t index, void *args)
{
    struct bystanders *all = args;
    const char *answer;

    if (index >= all->greedy_count) {
        charge_as_other(call, all, index - all->greedy_count);
        return;
    }
    const char *key = must(talloc_asprintf(call->mem, "greedy-%zu", index));
    money_become(call, all->greedy.account_id, key, key);
    atomic_fetch_add(&all->greedy.by_outcome[points_charge(call, 1, &answer)], 1);
}

static int by_size(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a;
    int64_t right = *(const int64_t *)b;

    return left < right ? -1 : left > right;
}

/* The 99th percentile of the others' charges, in microseconds, while so many of the greedy one's come at once. */
static int64_t p99_of_others(struct fixture *fixture, struct bystanders *all, size_t greedy_count, const char *round)
{
    all->greedy_count = greedy_count;
    all->round = round;
    money_crowd(fixture->shared, greedy_count + OTHERS, charge_as_greedy_or_other, all);
    qsort(all->took_us, TIMES, sizeof(all->took_us[0]), by_size);
    return all->took_us[TIMES * 99 / 100];
}

static void one_account_with_many_requests_is_told_to_wait_and_others_are_not(void **state)
{
    struct fixture *fixture = *state;
    struct bystanders all = {.greedy = {.account_id = fixture_account(fixture, 0)}};

    for (size_t i = 0; i < OTHERS; i++)
        all.others[i] = fixture_account(fixture, 0);
    int64_t alone_us = p99_of_others(fixture, &all, 0, "alone");
    int64_t beside_us = p99_of_others(fixture, &all, GREEDY, "beside");
    print_message("p99 of %d others: %" PRId64 " us alone, %" PRId64 " us while one account sends %d at once\n", OTHERS,
                  alone_us, beside_us, GREEDY);
    assert_true(all.greedy.by_outcome[OUTCOME_DONE] > 0);
    assert_true(all.greedy.by_outcome[OUTCOME_TOO_MANY_REQUESTS] > 0);
    assert_int_equal(all.greedy.by_outcome[OUTCOME_DONE] + all.greedy.by_outcome[OUTCOME_TOO_MANY_REQUESTS] +
                         all.greedy.by_outcome[OUTCOME_BUSY],
                     GREEDY);
    assert_int_equal(all.served, 2 * TIMES);
    assert_int_equal(money_points(fixture, all.greedy.account_id), all.greedy.by_outcome[OUTCOME_DONE]);
    assert_true(beside_us < fixture->config->points_lock_wait_ms * 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_clean, fixture_check)
        TEST(fifty_requests_with_one_key_get_one_answer_though_a_process_is_killed),
        TEST(what_was_paid_is_told_again_to_all_who_ask_at_once),
        TEST(charges_of_one_account_add_up),
        TEST(a_reservation_is_refunded_once_however_many_ask),
        TEST(one_account_with_many_requests_is_told_to_wait_and_others_are_not),
    };

    return cmocka_run_group_tests(tests, fixture_start, fixture_stop);
}
