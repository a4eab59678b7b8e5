/** @file
 * The C ABI's host: what an operator can ask and do inside a hook. Include <weir/abi.h>, which has the rules.
 */
#ifndef WEIR_ABI_HOST_H
#define WEIR_ABI_HOST_H

#include <weir/abi/record.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Why the object was made: the operator is new; the node was started again or the object before failed; a deploy; a rollback. */
enum { WEIR_START_CREATED = 0, WEIR_START_RECOVERED = 1, WEIR_START_DEPLOYED = 2, WEIR_START_ROLLED_BACK = 3 };
/** Of a log line. */
enum { WEIR_LEVEL_DEBUG = 0, WEIR_LEVEL_INFO = 1, WEIR_LEVEL_WARNING = 2, WEIR_LEVEL_ERROR = 3 };
/** What stands under a key of `with:`. */
enum { WEIR_CONFIG_ABSENT = 0, WEIR_CONFIG_SCALAR = 1, WEIR_CONFIG_LIST = 2 };
/** How a file is opened. WEIR_FILE_WRITE: for reading and writing; created (and its directory synced) when missing. */
enum { WEIR_FILE_READ = 0, WEIR_FILE_WRITE = 1 };

/** Shared by host and operator; see below. */
typedef struct weir_context weir_context;
/** An open file of the host: a handle, closed with file_close. */
typedef struct weir_file weir_file;

/** Any thread's; see below. */
typedef struct weir_waker weir_waker;
/** Wakes a source: its poll() is called soon. Counted by reference; any thread, also after the object and the node are gone (then nothing happens). */
struct weir_waker {
  uint32_t size;                /**< Of this struct. */
  void (*wake)(weir_waker*);    /**< Waking twice before poll() is waking once. */
  void (*retain)(weir_waker*);  /**< One more reference. */
  void (*release)(weir_waker*); /**< One fewer; the last one ends the waker. */
};

/** Called for each entry, with the `user` that the caller gave; pointers are valid until it returns. 0 = stop. It may call nothing of the host for the same
 * state. */
typedef int32_t (*weir_visit)(void* user, const char* subkey, size_t subkey_size, const char* value, size_t value_size);

/** The host's functions. All take the context that the hook was given. */
typedef struct weir_host {
  uint32_t size; /**< Of this struct. */

  /** Room for one more record of `bytes` bytes (key and value, each rounded up to 8) in batch number `ostream`; slots and bytes of that batch may move. Fails
   * when the frame would exceed frame_bytes_max. May set weir_context.yield. */
  int32_t (*grow)(weir_context*, uint32_t ostream, size_t bytes);

  /** The value, or NULL where absent. `state`, here and below, is the index in the metadata. Values are 8-byte aligned; a pointer is valid until the next call
   * for the same state. In a group_by operator the key must be the current record's or timer's; partition state uses the empty key and subkeys. A key without
   * subkeys has the empty one. */
  int32_t (*state_find)(weir_context*, uint32_t state, const weir_key*, const char* subkey, size_t subkey_size, const char** value, size_t* value_size);
  /** The value for writing in place; zeros where it was absent. Belongs to the frame's changes. Fixed-size states only. */
  int32_t (*state_at)(weir_context*, uint32_t state, const weir_key*, const char* subkey, size_t subkey_size, char** value);
  /** Sets a value; the bytes are copied. Of a fixed-size state value_size must be its size. */
  int32_t (*state_put)(weir_context*, uint32_t state, const weir_key*, const char* subkey, size_t subkey_size, const char* value, size_t value_size);
  /** Removes a value; subkey = NULL (not ""): the key with all its subkeys. erased: 1 where something was there, else 0. */
  int32_t (*state_erase)(weir_context*, uint32_t state, const weir_key*, const char* subkey, size_t subkey_size, int32_t* erased);
  /** Visits the key's subkeys in byte order, from `from` on. */
  int32_t (*state_for_each)(weir_context*, uint32_t state, const weir_key*, const char* from, size_t from_size, weir_visit, void* user);

  /** Sets a timer, or moves it; it survives restarts. */
  int32_t (*timer_set)(weir_context*, const weir_timer*);
  /** Removes a timer, if it is set; its time is ignored. */
  int32_t (*timer_cancel)(weir_context*, const weir_timer*);

  /** Processing time, by the node's clock. Cannot fail. */
  int64_t (*now)(weir_context*);
  /** Sources only: records before `time` will be late. Never goes back: an earlier time changes nothing. */
  int32_t (*emit_watermark)(weir_context*, int64_t time);
  /** Sources only: until the next record or watermark, subscribers' watermarks do not wait for this source. */
  int32_t (*mark_idle)(weir_context*);
  /** Sources only: after so many nanoseconds without a record or watermark the host marks the source idle; 0 = never, as at first. */
  int32_t (*idle_timeout)(weir_context*, int64_t nanoseconds);

  /** process_durable(token) is called once the frame of this hook is durable; never where the frame is undone or the process dies before. */
  int32_t (*when_durable)(weir_context*, uint64_t token);
  /** Sources with poll only: a reference that the caller releases. */
  int32_t (*waker)(weir_context*, weir_waker**);

  /** Config (`with:` of the manifest). name ends with a NUL. kind: WEIR_CONFIG_...; `index` counts a list's items, 0 for a scalar; count is how many there are;
   * text is valid as long as the object, NULL where there is no such item. */
  int32_t (*config)(weir_context*, const char* name, size_t index, uint32_t* kind, const char** text, size_t* text_size, size_t* count);
  /** A line in the node's log; level: WEIR_LEVEL_.... Cannot fail. */
  void (*log)(weir_context*, uint32_t level, const char* text, size_t text_size);
  /** Adds to a number in the node's metrics. Not part of the frame: it is not undone, and begins at 0 after a crash. */
  int32_t (*counter_add)(weir_context*, const char* name, size_t name_size, int64_t by);
  /** Sets a number in the node's metrics, as counter_add. */
  int32_t (*gauge_set)(weir_context*, const char* name, size_t name_size, int64_t value);

  /** Files by way of the node, so that a simulation can replay and crash them. For operators that declare `blocking`. mode: WEIR_FILE_.... */
  int32_t (*file_open)(weir_context*, const char* path, size_t path_size, uint32_t mode, weir_file**);
  /** Reads fewer bytes than `size` only at the end of the file. */
  int32_t (*file_read)(weir_context*, weir_file*, uint64_t offset, char* data, size_t size, size_t* read);
  /** Writes all of it; the file grows where needed. */
  int32_t (*file_write)(weir_context*, weir_file*, uint64_t offset, const char* data, size_t size);
  /** Until it succeeds, what was written may be lost in a crash. Not to be tried again after a failure: what is on disk is then unknown. */
  int32_t (*file_sync)(weir_context*, weir_file*);
  /** Cuts the file, or lengthens it by zeros. */
  int32_t (*file_truncate)(weir_context*, weir_file*, uint64_t size);
  /** The file's length. */
  int32_t (*file_size)(weir_context*, weir_file*, uint64_t* size);
  /** The handle ends. Cannot fail; syncs nothing. */
  void (*file_close)(weir_context*, weir_file*);
  /** Visits the paths that match a pattern, as subkeys without values, in byte order. */
  int32_t (*file_glob)(weir_context*, const char* pattern, size_t pattern_size, weir_visit, void* user);
  /** Writes all of it to the node's standard output. */
  int32_t (*standard_output)(weir_context*, const char* data, size_t size);
} weir_host;

/** Shared by host and operator. The host makes it; members are read directly so that the hot path needs no calls. Valid inside hooks. */
struct weir_context {
  uint32_t size;                  /**< Of this struct. */
  const weir_host* host;          /**< Lives as long as the process. */
  weir_batch* ostreams;           /**< One per declared ostream, in the order of the metadata. */
  uint32_t ostream_count;         /**< As many as the metadata declares. */
  uint32_t partition;             /**< 0 .. partitions - 1. */
  uint32_t partitions;            /**< Of the operator. */
  uint32_t start;                 /**< WEIR_START_... */
  uint64_t epoch;                 /**< Grows with every start of the node. */
  int64_t watermark;              /**< During process_timer of an event-time timer: the timer's time. */
  int64_t current_time;           /**< Time of records produced without one. Set by the SDK per record, by the host elsewhere. */
  weir_key current_key;           /**< Set by the SDK per record, by the host per timer; data = NULL where there is none. */
  int32_t yield;                  /**< Not 0: the host asks process() to return after the current record, since the frame is large enough. */
  const char* error;              /**< Why the last host function failed: one line, valid until the next call. */
  size_t error_size;              /**< Bytes of error. */
  const char* manifest_directory; /**< What relative paths of the config are relative to; ends with '/' (and a NUL) or is empty. */
};

#ifdef __cplusplus
}
#endif
#endif
