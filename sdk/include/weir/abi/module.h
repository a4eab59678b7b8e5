/** @file
 * The C ABI's module: what a shared object tells of its operators, and their hooks. Include <weir/abi.h>, which has the rules.
 *
 * All of it is constant and lives as long as the module. Arrays may be NULL where their count is 0.
 */
#ifndef WEIR_ABI_MODULE_H
#define WEIR_ABI_MODULE_H

#include <weir/abi/host.h>

#ifdef __cplusplus
extern "C" {
#endif

/** How a hook went. WEIR_RETRY_LATER: an outage; the step is undone and comes again, after a while. */
enum { WEIR_OK = 0, WEIR_ERROR = 1, WEIR_RETRY_LATER = 2 };
/** What poll() reports: there is more; nothing now; never again; nothing before weir_outcome.poll_until; nothing before weir_outcome.poll_fd is readable. */
enum { WEIR_POLL_MORE = 0, WEIR_POLL_IDLE = 1, WEIR_POLL_ENDED = 2, WEIR_POLL_IDLE_UNTIL = 3, WEIR_POLL_READABLE = 4 };

/** How a hook went. The host gives it zeroed, which is success; a hook writes what it has to say. */
typedef struct weir_outcome {
  uint32_t status; /**< WEIR_OK, WEIR_ERROR, WEIR_RETRY_LATER */
  /** process() only: input records done, counted from the first one of this call; at least 1 with WEIR_OK. Without it the record number `processed`
   * (fewer than the input's count) is the one that failed. */
  uint32_t processed;
  uint32_t poll;          /**< poll() only: WEIR_POLL_... */
  uint32_t text_size;     /**< Bytes of text that the hook wrote. */
  uint32_t text_capacity; /**< Bytes of text there are. */
  char* text;             /**< The host's buffer for the reason, one line of UTF-8, where status is not WEIR_OK. */
  int64_t poll_until;     /**< WEIR_POLL_IDLE_UNTIL: by the node's clock. */
  int32_t poll_fd;        /**< WEIR_POLL_READABLE: open until poll() is called again. */
} weir_outcome;

/** How an istream's records are split over the partitions: evenly; by key; from the partition of the same number; to all. */
enum { WEIR_GROUPING_SHUFFLE = 0, WEIR_GROUPING_GROUP_BY = 1, WEIR_GROUPING_LOCAL = 2, WEIR_GROUPING_BROADCAST = 3 };
/** What an istream is read for. */
enum { WEIR_ROLE_EVENTS = 0 };
/** Which frames an operator is given: at once, or only those that are on disk. */
enum { WEIR_DELIVERY_EAGER = 0, WEIR_DELIVERY_DURABLE = 1 };
/** Whether a state is tied to keys. */
enum { WEIR_STATE_KEYED = 0, WEIR_STATE_PARTITION = 1 };
/** Whether all values of a state have one size. */
enum { WEIR_VALUE_FIXED = 0, WEIR_VALUE_BYTES = 1 };
/** The way a conversion goes. */
enum { WEIR_CONVERT_FROM = 0, WEIR_CONVERT_TO = 1 };
/** What the text of a config value looks like; the forms are those of weir::config. */
enum { WEIR_TYPE_TEXT = 0, WEIR_TYPE_NUMBER = 1, WEIR_TYPE_BOOLEAN = 2, WEIR_TYPE_DURATION = 3, WEIR_TYPE_BYTES = 4, WEIR_TYPE_LIST = 5, WEIR_TYPE_PATH = 6 };

/** An istream. */
typedef struct weir_istream_info {
  const char* name;  /**< As manifests call it. */
  uint32_t grouping; /**< WEIR_GROUPING_... */
  uint32_t role;     /**< WEIR_ROLE_... */
} weir_istream_info;

/** To be called with the converted value, which is copied. */
typedef void (*weir_take)(void* user, const char* value, size_t value_size);

/** Between a state's declared version and another one. The host converts a value when it is first accessed, as a change of the frame under construction. */
typedef struct weir_state_conversion {
  uint32_t direction;  /**< WEIR_CONVERT_FROM: the other version's value becomes this one's; WEIR_CONVERT_TO: the other way, for going back. */
  uint32_t version;    /**< The other one, with the form of its values: */
  uint32_t value;      /**< WEIR_VALUE_... */
  uint32_t value_size; /**< Bytes, of fixed values. */
  const char* schema;  /**< As weir_state_info.schema. */
  /** Calls take once, unless it fails. The value is 8-byte aligned. `self` is this conversion. Any thread; without a context. */
  void (*convert)(const struct weir_state_conversion* self, const char* value, size_t value_size, weir_take take, void* user, weir_outcome*);
  const void* data; /**< The module's own. */
} weir_state_conversion;

/** A state. Its identity is name, version and the form of its values. */
typedef struct weir_state_info {
  const char* name;                         /**< Unique among the operator's states. */
  uint32_t version;                         /**< To be raised when the meaning of the bytes changes. */
  uint32_t scope;                           /**< WEIR_STATE_... */
  uint32_t value;                           /**< WEIR_VALUE_... */
  uint32_t value_size;                      /**< Bytes, of fixed values. */
  const char* schema;                       /**< What varying values are, e.g. the name of a FlatBuffers table; NULL = nothing is said. */
  void (*normalize)(void*);                 /**< Zeroes the padding of a fixed value; called for every changed one when a frame closes. NULL = no padding. */
  const weir_state_conversion* conversions; /**< From and to other versions, in any order. */
  uint32_t conversion_count;                /**< Of conversions. */
} weir_state_info;

/** A key of `with:`. */
typedef struct weir_config_info {
  const char* name;      /**< As manifests write it. */
  uint32_t type;         /**< WEIR_TYPE_... */
  const char* otherwise; /**< The default, as a manifest would write it (a list: items between commas); NULL = the manifest must give a value. */
  const char* help;      /**< One line; may be NULL. */
} weir_config_info;

/** What an operator declares about itself. */
typedef struct weir_metadata_info {
  uint32_t size;                     /**< Of this struct. */
  const char* name;                  /**< Of the kind of operator. */
  const char* version;               /**< Of the code, for people. */
  const weir_istream_info* istreams; /**< None: a source. */
  uint32_t istream_count;            /**< Of istreams. */
  const char* const* ostreams;       /**< Their names. */
  uint32_t ostream_count;            /**< Of ostreams. */
  const weir_state_info* states;     /**< Keyed and partition states. */
  uint32_t state_count;              /**< Of states. */
  uint32_t delivery;                 /**< WEIR_DELIVERY_... */
  uint32_t blocking;                 /**< 1: hooks may wait for files and networks, and run off the core. */
  const weir_config_info* config;    /**< The keys that a manifest may give. */
  uint32_t config_count;             /**< Of config. */
} weir_metadata_info;

/** An operator class. `self` of the hooks is what create() made. `metadata` and `create` must be there, `process` too where there are istreams; of the rest,
 * NULL is a hook that does nothing. */
typedef struct weir_operator_info {
  uint32_t size;          /**< Of this struct. */
  const char* class_name; /**< As written in WEIR_EXPORT_OPERATOR; what `class:` of a manifest names. */
  /** The same pointer each time; NULL on error. Any thread, without an object. */
  const weir_metadata_info* (*metadata)(weir_outcome*);
  /** One object, for one partition, before its first hook; NULL on error. */
  void* (*create)(weir_outcome*);
  /** The object ends. The last hook's context is still valid in it: file_close may be called. */
  void (*destroy)(void* self);
  /** Before the other hooks, for each new object. */
  void (*initialize)(void* self, weir_context*, weir_outcome*);
  /** Records in order, until all are done, one fails, or yield is set. Sets current_time and current_key before each, and weir_outcome.processed. */
  void (*process)(void* self, weir_context*, const weir_input*, weir_outcome*);
  /** A timer is due; it is no longer set. */
  void (*process_timer)(void* self, weir_context*, const weir_timer*, weir_outcome*);
  /** Produces a portion. NULL where the class has none: it has istreams, or lives by timers alone. */
  void (*poll)(void* self, weir_context*, weir_outcome*);
  /** After the last record, timer or poll of a frame, before it is queued. */
  void (*flush)(void* self, weir_context*, weir_outcome*);
  /** The object will not be used again. Not called after an error or a crash. */
  void (*close)(void* self, weir_context*, weir_outcome*);
  /** The frame in which when_durable(token) was called is on disk. In a frame of its own, with others' tokens. */
  void (*process_durable)(void* self, weir_context*, uint64_t token, weir_outcome*);
} weir_operator_info;

/** A module. */
typedef struct weir_module_info {
  uint32_t size;                              /**< Of this struct. */
  uint32_t abi_version;                       /**< WEIR_ABI_VERSION */
  const char* sdk_version;                    /**< For people. */
  const weir_operator_info* const* operators; /**< At least one. */
  uint32_t operator_count;                    /**< Of operators. */
} weir_module_info;

/** The name of the module's one exported function. */
#define WEIR_MODULE_SYMBOL "weir_module"
/** Its type. The answer is the same each time. */
typedef const weir_module_info* (*weir_module_function)(void);

#ifdef __cplusplus
}
#endif
#endif
