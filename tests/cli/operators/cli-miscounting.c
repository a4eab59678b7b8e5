/* A sink in C whose process() says that it did as many records as its config tells, whatever it was given. */
#include <weir/c.h>

#include <stdlib.h>

static void* create(weir_outcome* out) {
  (void)out;
  return calloc(1, sizeof(uint32_t));
}

static void initialize(void* self, weir_context* context, weir_outcome* out) {
  uint32_t kind = 0;
  const char* text = NULL;
  size_t size = 0;
  size_t count = 0;
  if (context->host->config(context, "says", 0, &kind, &text, &size, &count) != 0 || size != 1)
    weir_fail(out, WEIR_ERROR, "says: one digit", 15);
  else
    *(uint32_t*)self = (uint32_t)(text[0] - '0');
}

static void process(void* self, weir_context* context, const weir_input* in, weir_outcome* out) {
  (void)context;
  (void)in;
  out->processed = *(const uint32_t*)self;
}

static const weir_istream_info istreams[] = {{"lines", WEIR_GROUPING_SHUFFLE, WEIR_ROLE_EVENTS}};
static const weir_metadata_info metadata_info = {.size = sizeof metadata_info, .name = "miscounting", .version = "1", .istreams = istreams, .istream_count = 1};

static const weir_metadata_info* metadata(weir_outcome* out) {
  (void)out;
  return &metadata_info;
}

static const weir_operator_info info = {
    .size = sizeof info, .class_name = "miscounting", .metadata = metadata, .create = create, .destroy = free, .initialize = initialize, .process = process};
static const weir_operator_info* const operators[] = {&info};
static const weir_module_info module = {sizeof module, WEIR_ABI_VERSION, "0.1.0", operators, 1};

const weir_module_info* weir_module(void) { return &module; }
