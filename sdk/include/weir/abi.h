/* The line between a node and an operator's module: plain C structs and functions. C99 and later, C++ too.
 *
 * Operators are written against <weir/weir.hpp>, which is a thin layer over this header; anything else that can make a shared object may use this
 * header directly. The node ("the host") finds a module's operators by calling its one exported function, weir_module().
 *
 * Rules
 *  - Every struct that may grow begins with its size in bytes as the side that made it knows it. A reader uses no member beyond that size.
 *  - All memory in batches, inputs, keys and state belongs to the host; pointers are valid until the hook returns, or shorter where said.
 *    Strings are (pointer, size) unless they are `const char*` constants of the module, which live as long as the module.
 *  - One object is used by one thread at a time; hooks of one object never overlap. `weir_host` functions may be called only inside a hook. A weir_waker is
 *    the exception: any thread may use it, at any time.
 *  - No exception may cross. Functions that can fail return 0 for success; then weir_context.error tells why in one line.
 *  - Times are nanoseconds since 1970-01-01 UTC. INT64_MIN and INT64_MAX are "before everything" and "after everything".
 */
#ifndef WEIR_ABI_H
#define WEIR_ABI_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define WEIR_ABI_VERSION 1u /* The host refuses a module of another version. */

/* ---- Records and batches -------------------------------------------------------------------------------------------------------------- */

/* One record of a batch. With begin = value_end of the record before it (0 for the first), rounded up to 8 by its writer:
 * key = bytes[begin .. key_end), value = bytes[round8(key_end) .. value_end). Keys and values are 8-byte aligned. */
typedef struct weir_slot {
  int64_t time;  /* Event time. */
  uint64_t hash; /* XXH3 (64 bits) of the key; 0 = not computed yet, the host does when it closes the frame. */
  uint32_t key_end;
  uint32_t value_end;
} weir_slot;

/* An ostream's records of the frame under construction, filled in place by the operator: no call per record. When slots or bytes do not
 * suffice, weir_host.grow makes room (and moves both). Where a record begins is round8(size). */
typedef struct weir_batch {
  weir_slot* slots;
  char* bytes;    /* 8-byte aligned. */
  uint32_t count; /* Slots in use. */
  uint32_t slot_capacity;
  uint32_t size; /* Bytes in use: value_end of the last record. */
  uint32_t byte_capacity;
} weir_batch;

typedef struct weir_key {
  const char* data;
  size_t size;
  uint64_t hash; /* As weir_slot.hash; 0 = not known. */
} weir_key;

/* Records of one frame of one input log, for process(). The record number i (0 .. count-1) has slot index = selection ? selection[i] : first + i. */
typedef struct weir_input {
  const weir_slot* slots;
  const char* bytes;
  const uint32_t* selection;
  uint32_t first;
  uint32_t count;
  uint64_t log; /* The position of a record is {log, lsn, index_base + slot index}: unique, also where two istreams read the same log. */
  uint64_t lsn;
  uint32_t index_base;
  uint16_t istream; /* In the order of the metadata. */
} weir_input;

enum { WEIR_TIMER_EVENT = 0, WEIR_TIMER_PROCESSING = 1 };

typedef struct weir_timer {
  weir_key key;
  const char* subkey;
  size_t subkey_size;
  int64_t time;
  uint32_t kind;
} weir_timer;

/* ---- What the host offers inside a hook ------------------------------------------------------------------------------------------------- */

enum { WEIR_START_CREATED = 0, WEIR_START_RECOVERED = 1, WEIR_START_DEPLOYED = 2, WEIR_START_ROLLED_BACK = 3 };
enum { WEIR_LEVEL_DEBUG = 0, WEIR_LEVEL_INFO = 1, WEIR_LEVEL_WARNING = 2, WEIR_LEVEL_ERROR = 3 };
enum { WEIR_CONFIG_ABSENT = 0, WEIR_CONFIG_SCALAR = 1, WEIR_CONFIG_LIST = 2 };
enum { WEIR_FILE_READ = 0, WEIR_FILE_WRITE = 1 /* read and write, created (and its directory synced) when missing */ };

typedef struct weir_context weir_context;
typedef struct weir_file weir_file; /* An open file of the host. */

/* Wakes a source: its poll() is called soon. Counted by reference; any thread, also after the object and the node are gone (then nothing happens). */
typedef struct weir_waker weir_waker;
struct weir_waker {
  uint32_t size;
  void (*wake)(weir_waker*);
  void (*retain)(weir_waker*);
  void (*release)(weir_waker*);
};

typedef int32_t (*weir_visit)(void* user, const char* subkey, size_t subkey_size, const char* value, size_t value_size); /* 0 = stop */

typedef struct weir_host {
  uint32_t size;

  /* Room for one more record of `bytes` bytes (key and value rounded up) in batch number `ostream`. Fails when the frame would exceed
   * frame_bytes_max. May set weir_context.yield. */
  int32_t (*grow)(weir_context*, uint32_t ostream, size_t bytes);

  /* State. `state` is the index in the metadata. Values are 8-byte aligned; a pointer is valid until the next call for the same state.
   * In a group_by operator keys must be the current record's or timer's key. partition state uses the empty key and subkeys. */
  int32_t (*state_find)(weir_context*, uint32_t state, const weir_key*, const char* subkey, size_t subkey_size, const char** value,
                        size_t* value_size); /* value = NULL where absent */
  int32_t (*state_at)(weir_context*, uint32_t state, const weir_key*, const char* subkey, size_t subkey_size,
                      char** value); /* marks a write; zeros where absent; fixed-size states only */
  int32_t (*state_put)(weir_context*, uint32_t state, const weir_key*, const char* subkey, size_t subkey_size, const char* value, size_t value_size);
  int32_t (*state_erase)(weir_context*, uint32_t state, const weir_key*, const char* subkey, size_t subkey_size,
                         int32_t* erased); /* subkey = NULL: the key with all its subkeys */
  int32_t (*state_for_each)(weir_context*, uint32_t state, const weir_key*, const char* from, size_t from_size, weir_visit,
                            void* user); /* in byte order of subkeys, from `from` on */

  /* Timers: (kind, key, subkey) is the identity; setting it again moves it. */
  int32_t (*timer_set)(weir_context*, const weir_timer*);
  int32_t (*timer_cancel)(weir_context*, const weir_timer*); /* time is ignored */

  int64_t (*now)(weir_context*);                          /* processing time, by the node's clock */
  int32_t (*emit_watermark)(weir_context*, int64_t time); /* sources only; never goes back */
  int32_t (*mark_idle)(weir_context*); /* sources only: until the next record or watermark, subscribers' watermarks do not wait for this source */
  int32_t (*idle_timeout)(weir_context*, int64_t nanoseconds); /* sources only: after so long without a record or watermark the host marks it idle; 0 = never */

  /* process_durable(token) is called once the frame of this hook is durable; never where the frame is undone or the process dies before. */
  int32_t (*when_durable)(weir_context*, uint64_t token);
  int32_t (*waker)(weir_context*, weir_waker**); /* sources with poll only; a reference that the caller releases */

  /* Config (`with:` of the manifest). kind: WEIR_CONFIG_...; index counts a list's items, 0 for a scalar. */
  int32_t (*config)(weir_context*, const char* name, size_t index, uint32_t* kind, const char** text, size_t* text_size, size_t* count);
  void (*log)(weir_context*, uint32_t level, const char* text, size_t text_size);
  int32_t (*counter_add)(weir_context*, const char* name, size_t name_size, int64_t by);
  int32_t (*gauge_set)(weir_context*, const char* name, size_t name_size, int64_t value);

  /* Files by way of the node, so that a simulation can replay and crash them. For operators that declare `blocking`. Offsets and sizes are bytes. */
  int32_t (*file_open)(weir_context*, const char* path, size_t path_size, uint32_t mode, weir_file**);
  int32_t (*file_read)(weir_context*, weir_file*, uint64_t offset, char* data, size_t size, size_t* read); /* fewer than size only at the end */
  int32_t (*file_write)(weir_context*, weir_file*, uint64_t offset, const char* data, size_t size);
  int32_t (*file_sync)(weir_context*, weir_file*);
  int32_t (*file_truncate)(weir_context*, weir_file*, uint64_t size);
  int32_t (*file_size)(weir_context*, weir_file*, uint64_t* size);
  void (*file_close)(weir_context*, weir_file*);
  int32_t (*file_glob)(weir_context*, const char* pattern, size_t pattern_size, weir_visit, void* user); /* paths (as subkey) in byte order */
  int32_t (*standard_output)(weir_context*, const char* data, size_t size);                              /* writes all of it */
} weir_host;

/* Shared by host and operator. The host makes it; members are read directly so that the hot path needs no calls. */
struct weir_context {
  uint32_t size;
  const weir_host* host;
  weir_batch* ostreams; /* One per declared ostream, in the order of the metadata. */
  uint32_t ostream_count;
  uint32_t partition;
  uint32_t partitions;
  uint32_t start;       /* WEIR_START_... */
  uint64_t epoch;       /* Grows with every start of the node. */
  int64_t watermark;    /* During process_timer of an event-time timer: the timer's time. */
  int64_t current_time; /* Time of records produced without one. Set by the SDK per record, by the host elsewhere. */
  weir_key current_key; /* Set by the SDK per record, by the host per timer; data = NULL where there is none. */
  int32_t yield;        /* The host asks process() to return after the current record: the frame is large enough. */
  const char* error;    /* Why the last host function failed: one line, valid until the next call. */
  size_t error_size;
  const char* manifest_directory; /* What relative paths of the config are relative to; ends with '/' or is empty. */
};

/* ---- What a module offers ----------------------------------------------------------------------------------------------------------------- */

enum { WEIR_OK = 0, WEIR_ERROR = 1, WEIR_RETRY_LATER = 2 };
/* What poll() reports: there is more; nothing now; never again; nothing before weir_outcome.poll_until; nothing before weir_outcome.poll_fd is readable. */
enum { WEIR_POLL_MORE = 0, WEIR_POLL_IDLE = 1, WEIR_POLL_ENDED = 2, WEIR_POLL_IDLE_UNTIL = 3, WEIR_POLL_READABLE = 4 };

/* How a hook went. text is the host's buffer of text_capacity bytes; the hook writes at most that and sets text_size. */
typedef struct weir_outcome {
  uint32_t status;    /* WEIR_OK, WEIR_ERROR, WEIR_RETRY_LATER */
  uint32_t processed; /* process(): input records done; the record number `processed` is the failed one where status is not WEIR_OK. */
  uint32_t poll;      /* poll(): WEIR_POLL_... */
  uint32_t text_size;
  uint32_t text_capacity;
  char* text;
  int64_t poll_until; /* WEIR_POLL_IDLE_UNTIL: by the node's clock. */
  int32_t poll_fd;    /* WEIR_POLL_READABLE: open until poll() is called again. */
} weir_outcome;

enum { WEIR_GROUPING_SHUFFLE = 0, WEIR_GROUPING_GROUP_BY = 1, WEIR_GROUPING_LOCAL = 2, WEIR_GROUPING_BROADCAST = 3 };
enum { WEIR_ROLE_EVENTS = 0 };
enum { WEIR_DELIVERY_EAGER = 0, WEIR_DELIVERY_DURABLE = 1 };
enum { WEIR_STATE_KEYED = 0, WEIR_STATE_PARTITION = 1 };
enum { WEIR_VALUE_FIXED = 0, WEIR_VALUE_BYTES = 1 };
enum { WEIR_CONVERT_FROM = 0, WEIR_CONVERT_TO = 1 };
enum { WEIR_TYPE_TEXT = 0, WEIR_TYPE_NUMBER = 1, WEIR_TYPE_BOOLEAN = 2, WEIR_TYPE_DURATION = 3, WEIR_TYPE_BYTES = 4, WEIR_TYPE_LIST = 5, WEIR_TYPE_PATH = 6 };

typedef struct weir_istream_info {
  const char* name;
  uint32_t grouping;
  uint32_t role;
} weir_istream_info;

/* Between a state's declared version and another one. The host converts a value when it is first accessed, as a change of the frame under construction. */
typedef void (*weir_take)(void* user, const char* value, size_t value_size);
typedef struct weir_state_conversion {
  uint32_t direction; /* WEIR_CONVERT_FROM: the other version's value becomes this one's; WEIR_CONVERT_TO: the other way, for going back. */
  uint32_t version;   /* The other one, with the form of its values: */
  uint32_t value;
  uint32_t value_size;
  const char* schema;
  /* Calls take once, unless it fails. The value is 8-byte aligned. `self` is this conversion. Any thread; without a context. */
  void (*convert)(const struct weir_state_conversion* self, const char* value, size_t value_size, weir_take take, void* user, weir_outcome*);
  const void* data; /* The module's own. */
} weir_state_conversion;
typedef struct weir_state_info {
  const char* name;
  uint32_t version;
  uint32_t scope;           /* WEIR_STATE_... */
  uint32_t value;           /* WEIR_VALUE_... */
  uint32_t value_size;      /* Of fixed values. */
  const char* schema;       /* What the bytes of a varying value are, e.g. the name of a FlatBuffers table; NULL = nothing is said. Part of the identity. */
  void (*normalize)(void*); /* Zeroes the padding of one fixed value; the host calls it for every changed value when it closes the frame. NULL = no padding. */
  const weir_state_conversion* conversions;
  uint32_t conversion_count;
} weir_state_info;
typedef struct weir_config_info {
  const char* name;
  uint32_t type;
  const char* otherwise;
  const char* help;
} weir_config_info; /* otherwise = NULL: required */

typedef struct weir_metadata_info {
  uint32_t size;
  const char* name;
  const char* version;
  const weir_istream_info* istreams;
  uint32_t istream_count;
  const char* const* ostreams;
  uint32_t ostream_count;
  const weir_state_info* states;
  uint32_t state_count;
  uint32_t delivery;
  uint32_t blocking;
  const weir_config_info* config;
  uint32_t config_count;
} weir_metadata_info;

typedef struct weir_operator_info {
  uint32_t size;
  const char* class_name;                               /* As written in WEIR_EXPORT_OPERATOR. */
  const weir_metadata_info* (*metadata)(weir_outcome*); /* NULL on error. Valid as long as the module; the same pointer each time. */
  void* (*create)(weir_outcome*);                       /* NULL on error. */
  void (*destroy)(void*);                               /* The last hook's context is still valid in it: file_close may be called. */
  void (*initialize)(void*, weir_context*, weir_outcome*);
  void (*process)(void*, weir_context*, const weir_input*, weir_outcome*); /* Records in order, until all are done, one fails, or yield is set. */
  void (*process_timer)(void*, weir_context*, const weir_timer*, weir_outcome*);
  void (*poll)(void*, weir_context*, weir_outcome*); /* NULL where the class has none (it has istreams, or lives by timers alone). */
  void (*flush)(void*, weir_context*, weir_outcome*);
  void (*close)(void*, weir_context*, weir_outcome*);
  void (*process_durable)(void*, weir_context*, uint64_t token, weir_outcome*); /* In a frame of its own, with others' tokens. */
} weir_operator_info;

typedef struct weir_module_info {
  uint32_t size;
  uint32_t abi_version; /* WEIR_ABI_VERSION */
  const char* sdk_version;
  const weir_operator_info* const* operators;
  uint32_t operator_count;
} weir_module_info;

/* The module's one exported function. */
#define WEIR_MODULE_SYMBOL "weir_module"
typedef const weir_module_info* (*weir_module_function)(void);

#ifdef __cplusplus
}
#endif
#endif
