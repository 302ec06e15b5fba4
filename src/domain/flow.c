#include "domain/flow.h"

#include <math.h>

enum {
    ROWS_LEAST = 6,  /* a minute */
    MOVED_LEAST = 8, /* fans; fewer are chance */
    LATELY_ROWS = 12,
    SOON_ROWS = 30,
    PACE_ROWS = 60,       /* ten minutes */
    FADE_ROWS_LEAST = 12, /* two minutes, twice */
    /* So long a fan takes to hear of an admission and take it up. */
    TAKE_UP_ROWS = 2,
};

/* People leave in groups and by the clock, not one by one: counts scatter more than Poisson's. */
static const double SCATTER = 2.0;
/* How many standard deviations, and which share besides, the range reaches. */
static const double DEVIATIONS = 1.3;
static const double MARGIN = 0.12;
/* The room must have changed hands once before the pace of going is known: the quick ones go first. */
static const double GONE_LEAST = 1.0;

struct window {
    size_t rows;
    double moved; /* left the front of the line */
    double inside_first;
    double inside_last;
    bool full; /* there is no more room inside, or soon will be none */
};

/* fmax() and its like would have every process load the library of mathematics for them alone. */
static double larger(double a, double b)
{
    return a > b ? a : b;
}

static double smaller(double a, double b)
{
    return a < b ? a : b;
}

static double inside(const struct queue_row *row)
{
    return (double)(row->admitted + row->active);
}

/* Rows that say something: fans could be admitted, and there was a line. */
static bool counts(const struct queue_row *row)
{
    return row->flowing && row->waiting > 0;
}

static double moved(const struct queue_row *row)
{
    return (double)row->admissions + (double)row->absences - (double)row->returns;
}

/* Is the room full, or will it be in a few minutes as it fills now? From then on the way out sets the pace. */
static bool is_full(const struct queue_row *rows, size_t count)
{
    const struct queue_row *last = &rows[count - 1];
    size_t back = count - 1 < LATELY_ROWS ? count - 1 : LATELY_ROWS;
    double growth = (inside(last) - inside(last - back)) / (double)back;

    return (double)last->room <= larger(0.1 * inside(last), growth * SOON_ROWS);
}

/* The last rows_max rows that count, behind the latest one that does not. */
static struct window look_back(const struct queue_row *rows, size_t count, size_t rows_max)
{
    struct window window = {0};

    while (window.rows < rows_max && window.rows + 1 < count && counts(&rows[count - 1 - window.rows])) {
        window.moved += moved(&rows[count - 1 - window.rows]);
        window.rows++;
    }
    if (window.rows > 0) {
        window.inside_last = inside(&rows[count - 1]);
        window.inside_first = inside(&rows[count - 1 - window.rows]);
        window.full = is_full(rows, count);
    }
    return window;
}

/*
 * Into an empty room fans go at once; once it is full, they go in as fast as others come out. So
 * what only filled the room says nothing of the pace.
 */
static double paced(const struct window *window)
{
    double filled = larger(0, window->inside_last - window->inside_first);

    return larger(0, window->full ? window->moved - filled : window->moved);
}

static void widen(struct flow *flow, const struct window *window)
{
    double fans = paced(window);
    double minutes = (double)window->rows * QUEUES_FINE_S / 60;
    double deviation = sqrt(fans * SCATTER + 1);
    double low = larger(0, fans - DEVIATIONS * deviation) / minutes * (1 - MARGIN);
    double high = (fans + DEVIATIONS * deviation) / minutes * (1 + MARGIN);

    flow->low = flow->high == 0 ? low : smaller(flow->low, low);
    flow->high = larger(flow->high, high);
}

/* For 1/100 to 100, to two in a hundred: enough here, and no library for it alone. */
static double logarithm(double x)
{
    double y = sqrt(sqrt(x)) - 1;

    return 4 * y * (6 + y) / (6 + 4 * y);
}

/* Of those who left the front of the line over some rows: the share that went in, as a logarithm, and its variance. */
struct share {
    double logarithm;
    double variance;
};

static struct share share_of(const struct queue_row *rows, size_t count)
{
    double entered = 1;
    double called = 1;

    for (size_t i = 0; i < count; i++) {
        entered += (double)rows[i].entered;
        called += moved(rows + i - TAKE_UP_ROWS);
    }
    double share = smaller(1, larger(0.01, entered / larger(1, called)));
    return (struct share){logarithm(share), (1 - share + 0.05) * SCATTER / entered};
}

/*
 * Where ever more of those in line are gone, it moves ever faster. Who is gone is known when they are called, so the
 * last minutes are held against those before.
 */
static void note_fading(struct flow *flow, const struct queue_row *rows, size_t count)
{
    struct window all = look_back(rows, count, QUEUES_RECENT_ROWS);
    size_t half = all.rows > TAKE_UP_ROWS ? (all.rows - TAKE_UP_ROWS) / 2 : 0;

    if (half < FADE_ROWS_LEAST)
        return;
    struct share before = share_of(rows + count - 2 * half, half);
    struct share lately = share_of(rows + count - half, half);
    double minutes = (double)half * QUEUES_FINE_S / 60;
    double fade = (before.logarithm - lately.logarithm) / minutes;
    double deviation = sqrt(before.variance + lately.variance) / minutes;
    flow->fade_low = larger(0, fade - deviation);
    flow->fade_high = larger(0, fade + deviation);
}

struct flow flow_of(const struct queue_row *rows, size_t count)
{
    static const size_t windows[] = {12, 30, 60};
    struct flow flow = {0};
    struct window widest = look_back(rows, count, PACE_ROWS);

    if (widest.rows < ROWS_LEAST || paced(&widest) < MOVED_LEAST ||
        (widest.full && paced(&widest) < GONE_LEAST * widest.inside_last))
        return flow;
    for (size_t i = 0; i < sizeof(windows) / sizeof(windows[0]); i++) {
        struct window window = look_back(rows, count, windows[i]);
        widen(&flow, &window);
    }
    if (flow.low <= 0)
        return (struct flow){0};
    note_fading(&flow, rows, count);
    return flow;
}

/* How long a wait is of which so much of the line would take so many minutes, were nobody to go away meanwhile. */
static double faded(double minutes, double fade)
{
    return fade * minutes < 0.001 ? minutes : logarithm(1 + fade * minutes) / fade;
}

bool flow_wait(struct flow flow, uint64_t ahead, int64_t *low_s, int64_t *high_s)
{
    if (flow.low <= 0 || flow.high < flow.low)
        return false;
    /* How long so few take is chance, however well the pace is known. */
    double slack = DEVIATIONS * sqrt((double)(ahead + 1) * SCATTER);
    *low_s = (int64_t)(60 * faded(larger(0, (double)ahead - slack) / flow.high, flow.fade_high));
    *high_s = (int64_t)(60 * faded(((double)ahead + 1 + slack) / flow.low, flow.fade_low)) + 1;
    return true;
}
