/** @file
 * What operators in C need beside <weir/abi.h>: reading records, producing them, saying how a hook went. Static functions without state of their own; call
 * them inside a hook, in its thread. C++ operators use <weir/weir.hpp> instead. examples/c_operator is a whole operator written with this header.
 *
 * Functions that return int32_t give 0 for success; else the host said why, and weir_fail_as_host_said hands that on.
 */
#ifndef WEIR_C_H
#define WEIR_C_H

#include <weir/abi.h>

#include <string.h>

/** Makes a symbol visible in a module compiled with -fvisibility=hidden. */
#define WEIR_EXPORT __attribute__((visibility("default")))

#ifndef __cplusplus
/** To be defined by the module: its one exported function. The answer is constant, and lives as long as the module. */
WEIR_EXPORT const weir_module_info* weir_module(void);
#endif

/** One record of an input. Key and value are views of the host's memory, 8-byte aligned, valid until the hook returns; they do not end with a NUL. */
typedef struct weir_record {
  weir_key key;      /**< With its hash, if the host knows it. */
  const char* value; /**< Never NULL. */
  size_t value_size; /**< Bytes. */
  int64_t time;      /**< Event time: nanoseconds since 1970-01-01 UTC. */
  int32_t late;      /**< 1: behind the watermark. */
  uint16_t istream;  /**< In the order of the metadata. */
  uint64_t log;      /**< log, lsn and index are its position: unique, the same in every repetition of a step. */
  uint64_t lsn;      /**< Of its frame. */
  uint32_t index;    /**< Within the frame. */
} weir_record;

/** Where the next key or value begins: sizes and offsets are rounded up to 8. */
static inline size_t weir_round8(size_t n) { return (n + 7) & ~(size_t)7; }

/** Bytes as a key whose hash is not known. */
static inline weir_key weir_key_of(const char* data, size_t size) {
  const weir_key key = {data, size, 0};
  return key;
}

/** The record number i of an input, 0 <= i < in->count. It becomes the context's current one: its key is what keyed state and timers may use. */
static inline weir_record weir_next_record(weir_context* context, const weir_input* in, uint32_t i) {
  static const char nothing[8] = {0};
  const char* const bytes = in->bytes != NULL ? in->bytes : nothing; /* Where all keys and values are empty there may be none. */
  const uint32_t slot_index = in->selection != NULL ? in->selection[i] : in->first + i;
  const weir_slot* const slot = &in->slots[slot_index];
  const size_t key_begin = slot_index == 0 ? 0 : weir_round8(in->slots[slot_index - 1].value_end);
  const size_t value_begin = weir_round8(slot->key_end);
  weir_record record;
  record.key.data = bytes + key_begin;
  record.key.size = slot->key_end - key_begin;
  record.key.hash = slot->hash;
  record.value = bytes + value_begin;
  record.value_size = slot->value_end - value_begin;
  record.time = slot->time;
  record.late = slot->time < context->watermark ? 1 : 0;
  record.istream = in->istream;
  record.log = in->log;
  record.lsn = in->lsn;
  record.index = in->index_base + slot_index;
  context->current_time = record.time;
  context->current_key = record.key;
  return record;
}

/** Adds a record to the frame. The bytes are copied. Fails where the record does not fit a frame. No call to the host unless the batch must grow. */
static inline int32_t weir_produce(weir_context* context, uint32_t ostream, weir_key key, const char* value, size_t value_size, int64_t time) {
  weir_batch* const batch = &context->ostreams[ostream];
  const size_t value_offset = weir_round8(key.size);
  const size_t needed = value_offset + weir_round8(value_size);
  const int wraps = value_offset < key.size || needed < value_offset || needed < value_size; /* Sizes near SIZE_MAX. */
  size_t begin = weir_round8(batch->size);
  weir_slot* slot;
  if (wraps || batch->count >= batch->slot_capacity || begin + needed > batch->byte_capacity) {
    const int32_t failed = context->host->grow(context, ostream, wraps ? SIZE_MAX : needed);
    if (failed != 0) return failed;
    begin = weir_round8(batch->size);
  }
  if (key.size != 0) memcpy(batch->bytes + begin, key.data, key.size);
  if (value_size != 0) memcpy(batch->bytes + begin + value_offset, value, value_size);
  slot = &batch->slots[batch->count];
  slot->time = time;
  slot->hash = key.hash;
  slot->key_end = (uint32_t)(begin + key.size);
  slot->value_end = (uint32_t)(begin + value_offset + value_size);
  batch->size = slot->value_end;
  batch->count += 1;
  return 0;
}

/** Ends a hook with WEIR_ERROR or WEIR_RETRY_LATER and one line that says why. What does not fit the host's buffer is cut off. */
static inline void weir_fail(weir_outcome* out, uint32_t status, const char* text, size_t text_size) {
  const size_t size = text_size < out->text_capacity ? text_size : out->text_capacity;
  out->status = status;
  if (size != 0) memcpy(out->text, text, size);
  out->text_size = (uint32_t)size;
}

/** Ends a hook with the reason of the host function that failed last. */
static inline void weir_fail_as_host_said(const weir_context* context, weir_outcome* out) { weir_fail(out, WEIR_ERROR, context->error, context->error_size); }

#endif
