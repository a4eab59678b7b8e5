/** @file
 * The C ABI's records: as they lie in a frame, as an operator gets them, and as it produces them. Include <weir/abi.h>, which has the rules.
 */
#ifndef WEIR_ABI_RECORD_H
#define WEIR_ABI_RECORD_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** One record of a batch. With begin = value_end of the record before it (0 for the first), rounded up to 8 by its writer:
 * key = bytes[begin .. key_end), value = bytes[round8(key_end) .. value_end). Keys and values are 8-byte aligned; the bytes between them are zero. */
typedef struct weir_slot {
  int64_t time;       /**< Event time. */
  uint64_t hash;      /**< XXH3 (64 bits) of the key; 0 = not computed yet, the host does when it closes the frame. */
  uint32_t key_end;   /**< Offset in the batch's bytes. */
  uint32_t value_end; /**< Offset in the batch's bytes. */
} weir_slot;

/** An ostream's records of the frame under construction, filled in place by the operator: no call per record. When slots or bytes do not
 * suffice, weir_host.grow makes room (and moves both). Where a record begins is round8(size). */
typedef struct weir_batch {
  weir_slot* slots;       /**< slot_capacity of them. */
  char* bytes;            /**< 8-byte aligned; NULL while byte_capacity is 0. */
  uint32_t count;         /**< Slots in use: the operator adds one per record. */
  uint32_t slot_capacity; /**< Slots there are. */
  uint32_t size;          /**< Bytes in use: value_end of the last record. */
  uint32_t byte_capacity; /**< Bytes there are. */
} weir_batch;

/** A key of a record, a state or a timer. */
typedef struct weir_key {
  const char* data; /**< NULL = no key at all, which weir_context.current_key can be. */
  size_t size;      /**< Bytes; 0 is a key like others. */
  uint64_t hash;    /**< As weir_slot.hash; 0 = not known. A wrong one is undefined behaviour. */
} weir_key;

/** Records of one frame of one input log, for process(). The record number i (0 .. count-1) has slot index = selection ? selection[i] : first + i. */
typedef struct weir_input {
  const weir_slot* slots;    /**< Those of the whole frame: the slot before a record's tells where it begins. */
  const char* bytes;         /**< 8-byte aligned; may be NULL where all keys and values are empty. */
  const uint32_t* selection; /**< Slot indices in rising order; NULL = all from `first` on. */
  uint32_t first;            /**< Index of the first slot, without a selection. */
  uint32_t count;            /**< Records, at least 1. */
  uint64_t log;              /**< The position of a record is {log, lsn, index_base + slot index}: unique, also where two istreams read the same log. */
  uint64_t lsn;              /**< Of the frame in its log. */
  uint32_t index_base;       /**< Differs between istreams that read the same log. */
  uint16_t istream;          /**< Index in the metadata. */
} weir_input;

/** Which clock moves a timer: the watermark (event time) or the node's clock (processing time). */
enum { WEIR_TIMER_EVENT = 0, WEIR_TIMER_PROCESSING = 1 };

/** A timer, to be set or cancelled, or due. (kind, key, subkey) is its identity. */
typedef struct weir_timer {
  weir_key key;       /**< In a group_by operator: the current record's or timer's. */
  const char* subkey; /**< Tells several timers of a key apart; NULL and "" are the same. */
  size_t subkey_size; /**< Bytes. */
  int64_t time;       /**< Due when the kind's clock is at or behind it. */
  uint32_t kind;      /**< WEIR_TIMER_... */
} weir_timer;

#ifdef __cplusplus
}
#endif
#endif
