/* The longest delay of each airport and day: an operator in plain C, without the C++ SDK. Keyed state holds the longest delay so far, by airport and
 * day; an event-time timer at the day's end produces it and lets the state go. */
#define _POSIX_C_SOURCE 200809L
#include <weir/c.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define DAY_NS (INT64_C(86400) * 1000000000)

enum { FLIGHTS }; /* istreams */
enum { ROWS };    /* ostreams */
enum { LONGEST }; /* states */

/* The object of one partition. Members are caches only: what must survive is state. */
typedef struct longest_delay {
  int64_t at_least; /* Minutes. */
} longest_delay;

static void say(weir_outcome* out, const char* text) { weir_fail(out, WEIR_ERROR, text, strlen(text)); }

/* A whole decimal number; 0 where the text is none. */
static int read_number(const char* text, size_t size, int64_t* number) {
  char copy[24];
  char* end = NULL;
  if (size == 0 || size >= sizeof copy) return 0;
  memcpy(copy, text, size);
  copy[size] = '\0';
  *number = strtoll(copy, &end, 10);
  return *end == '\0';
}

static void* create(weir_outcome* out) {
  void* const self = calloc(1, sizeof(longest_delay));
  if (self == NULL) say(out, "no memory");
  return self;
}

static void initialize(void* object, weir_context* context, weir_outcome* out) {
  longest_delay* const self = object;
  uint32_t kind = WEIR_CONFIG_ABSENT;
  const char* text = NULL;
  size_t size = 0;
  size_t count = 0;
  self->at_least = 15;
  if (context->host->config(context, "at_least", 0, &kind, &text, &size, &count) != 0)
    weir_fail_as_host_said(context, out);
  else if (kind != WEIR_CONFIG_ABSENT && (kind != WEIR_CONFIG_SCALAR || !read_number(text, size, &self->at_least)))
    say(out, "at_least: expected a number of minutes");
}

/* One flight: its key is the airport, its value the delay in minutes. Returns 0, or 1 with the reason in `out`. */
static int take(const longest_delay* self, weir_context* context, const weir_record* flight, weir_outcome* out) {
  const weir_host* const host = context->host;
  const int64_t midnight = flight->time - ((flight->time % DAY_NS) + DAY_NS) % DAY_NS + DAY_NS;
  const weir_timer day_end = {flight->key, (const char*)&midnight, sizeof midnight, midnight, WEIR_TIMER_EVENT};
  int64_t delay = 0;
  char* value = NULL;
  int64_t* longest = NULL;
  if (!read_number(flight->value, flight->value_size, &delay)) {
    say(out, "the value is no number of minutes");
    return 1;
  }
  if (midnight <= context->watermark) { /* Its day's row is out. */
    (void)context->host->counter_add(context, "too_late", 8, 1);
    return 0;
  }
  if (delay < self->at_least) return 0;
  if (host->state_at(context, LONGEST, &flight->key, day_end.subkey, day_end.subkey_size, &value) != 0 || host->timer_set(context, &day_end) != 0) {
    weir_fail_as_host_said(context, out);
    return 1;
  }
  longest = (int64_t*)(void*)value; /* 8-byte aligned; 0 where there was none. */
  if (delay > *longest) *longest = delay;
  return 0;
}

static void process(void* self, weir_context* context, const weir_input* in, weir_outcome* out) {
  for (uint32_t i = 0; i < in->count; ++i) {
    const weir_record flight = weir_next_record(context, in, i);
    if (take(self, context, &flight, out) != 0) return; /* The record number out->processed is the one that failed. */
    out->processed = i + 1;
    if (context->yield != 0) return;
  }
}

static void process_timer(void* self, weir_context* context, const weir_timer* timer, weir_outcome* out) {
  const weir_host* const host = context->host;
  const time_t day_end = (time_t)(timer->time / 1000000000 - 1);
  const char* value = NULL;
  size_t value_size = 0;
  int64_t longest = 0;
  int32_t erased = 0;
  char row[64];
  struct tm day;
  (void)self;
  if (host->state_find(context, LONGEST, &timer->key, timer->subkey, timer->subkey_size, &value, &value_size) == 0 && value_size == sizeof longest) {
    memcpy(&longest, value, sizeof longest);
    (void)gmtime_r(&day_end, &day);
    const int size = snprintf(row, sizeof row, "%04d-%02d-%02d,%" PRId64, day.tm_year + 1900, day.tm_mon + 1, day.tm_mday, longest);
    if (weir_produce(context, ROWS, timer->key, row, (size_t)size, timer->time) == 0 &&
        host->state_erase(context, LONGEST, &timer->key, timer->subkey, timer->subkey_size, &erased) == 0)
      return;
  }
  weir_fail_as_host_said(context, out);
}

static const weir_istream_info istreams[] = {{"flights", WEIR_GROUPING_GROUP_BY, WEIR_ROLE_EVENTS}};
static const char* const ostreams[] = {"rows"};
static const weir_state_info states[] = {{"longest", 1, WEIR_STATE_KEYED, WEIR_VALUE_FIXED, sizeof(int64_t), NULL, NULL, NULL, 0}};
static const weir_config_info config[] = {{"at_least", WEIR_TYPE_NUMBER, "15", "shorter delays, in minutes, give no row"}};

static const weir_metadata_info metadata_info = {
    .size = sizeof metadata_info,
    .name = "longest-delay",
    .version = "1",
    .istreams = istreams,
    .istream_count = 1,
    .ostreams = ostreams,
    .ostream_count = 1,
    .states = states,
    .state_count = 1,
    .delivery = WEIR_DELIVERY_EAGER,
    .blocking = 0,
    .config = config,
    .config_count = 1,
};

static const weir_metadata_info* metadata(weir_outcome* out) {
  (void)out;
  return &metadata_info;
}

/* Hooks that are not needed are NULL. */
static const weir_operator_info longest_delay_info = {
    .size = sizeof longest_delay_info,
    .class_name = "longest_delay",
    .metadata = metadata,
    .create = create,
    .destroy = free,
    .initialize = initialize,
    .process = process,
    .process_timer = process_timer,
    .poll = NULL,
    .flush = NULL,
    .close = NULL,
    .process_durable = NULL,
};

static const weir_operator_info* const operators[] = {&longest_delay_info};
static const weir_module_info module_info = {sizeof module_info, WEIR_ABI_VERSION, "0.1.0", operators, 1};

const weir_module_info* weir_module(void) { return &module_info; }
