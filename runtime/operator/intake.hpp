// Where records that are published to an external stream wait for the operator partitions that take them, and their senders for the records to be durable.
// One per stream, shared by the node, control's threads and the partitions; it outlives the objects of the operator. Any thread; one lock, held for moments,
// taken per request and per portion that a partition takes.
//
// Exactly once: a producer that has a name numbers its records, without gaps. The highest number that a partition has taken of it is state and commits with
// the records, so what comes again is dropped, and which partition a record belongs to depends on the record, the producer and nothing else. What is on its way
// is kept until it is durable: an object that is made anew, on the state as it was, is given all of it once more.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <weir/waker.hpp>

#include "runtime/operator/producer_book.hpp"
#include "runtime/operator/publish_batch.hpp"
#include "runtime/stream/grouping.hpp"
#include "topology/result.hpp"

namespace weir::runtime {

/// A request under way. Its batch never changes; the rest is its intake's.
class publication {
 public:
  /// `keyless_partition`: of records without a key and a producer.
  publication(publish_batch of, const slot_table& table, std::uint32_t keyless_partition);

  const publish_batch batch;

 private:
  friend class intake;
  std::vector<std::vector<std::uint32_t>> parts_;  ///< By partition: indexes of its records.
  std::vector<std::uint64_t> bytes_;               ///< By partition: what they take in memory.
  std::size_t parts_left_ = 0;                     ///< Not durable yet.
  std::uint64_t repeated_ = 0;
  std::string failed_;
};

class intake {
 public:
  intake(std::string stream, std::uint32_t partitions, publish_limits limits = {});

  // -- for whoever publishes ------------------------------------------------------------------------------------------------------------------

  std::shared_ptr<publication> prepare(publish_batch batch);
  /// Hands it over, never waits. False: not now, `why_not` says why; error_code::refused where it never can.
  result<bool> offer(const std::shared_ptr<publication>& what, std::string& why_not);
  /// All of it is durable, or will never be.
  bool done(const publication& what) const;
  /// Of what is done: how many of its records had been taken before, or why it was not taken: error_code::unreachable, to be sent again.
  result<std::uint64_t> repeated(const publication& what) const;
  /// An object that went took it with it; it can be offered again, as another publication.
  bool failed(const publication& what) const;
  /// Until `so`, which is looked at whenever something has changed here, at most this long. False: it did not come to be.
  bool wait(std::int64_t nanoseconds, const std::function<bool()>& so);
  /// For good, with the reason: nothing is taken any more, and who waits learns it at once.
  void close(const std::string& why);

  const publish_limits& limits() const noexcept { return limits_; }

  // -- for the operator's object of one partition -----------------------------------------------------------------------------------------------

  /// What one takes next: records of a batch from `begin` on.
  struct portion {
    std::shared_ptr<const publication> of;
    const std::vector<std::uint32_t>* indexes = nullptr;  ///< Of the batch's records: those of the partition.
    std::size_t begin = 0;                                ///< In `indexes`.
  };

  /// A new object begins: it gets again what is not durable, but for records without numbers, whose senders must see for themselves.
  void attach(std::uint32_t partition, weir::waker wakes, producer_book known);
  void detach(std::uint32_t partition);
  portion next(std::uint32_t partition) const;
  /// The indexes up to `end` are taken, `repeated` of them had been before. The token of when_durable, where that was all; else 0.
  std::uint64_t take(std::uint32_t partition, std::size_t end, std::uint64_t repeated);
  /// Whom the partition is to forget for that.
  std::optional<std::string> note(std::uint32_t partition, std::string_view producer, std::uint64_t number, std::int64_t heard_ns);
  void durable(std::uint32_t partition, std::uint64_t token);

 private:
  struct waiting_part {
    std::shared_ptr<publication> of;
    std::uint64_t token = 0;
    std::uint64_t bytes = 0;
  };
  struct lane {
    explicit lane(std::size_t producers_max) : known(producers_max) {}
    std::deque<waiting_part> waiting;  ///< In the order of their tokens; those that are wholly taken first.
    std::uint64_t next_token = 1;
    std::size_t taken = 0;  ///< How many of them are wholly taken.
    std::size_t begun = 0;  ///< Records of the next one that are.
    std::uint64_t bytes = 0;
    bool attached = false;
    weir::waker wakes;
    producer_book known;
  };

  std::uint64_t number_of(const std::string& producer) const;
  void changed();

  const std::string stream_;
  const publish_limits limits_;
  const slot_table table_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t changes_ = 0;
  std::vector<lane> lanes_;
  std::uint32_t next_keyless_ = 0;
  std::string closed_;
};

}  // namespace weir::runtime
