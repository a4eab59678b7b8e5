#include "runtime/operator/external_source.hpp"

#include <weir/detail/hooks.hpp>
#include <weir/weir.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>

#include "runtime/operator/chain_member.hpp"
#include "runtime/operator/intake.hpp"
#include "topology/manifest.hpp"

namespace weir::runtime {

namespace {

/// What a partition remembers of a producer.
struct heard_producer {
  std::uint64_t number = 0;   ///< The highest one that was taken.
  std::int64_t heard_ns = 0;  ///< When; who was not heard of for longest is forgotten.
};

class external_source final : public weir::stream_operator {
 public:
  weir::metadata metadata() const override {
    return {.name = topology::external_class, .version = "1", .ostreams = {"records"}, .states = {weir::per_partition<heard_producer>("producers")}};
  }

  void initialize(weir::context& ctx) override {
    from_ = static_cast<member_context*>(ctx.raw())->owner->options.fed_by;
    if (!from_) throw std::runtime_error("nothing is published here: an external stream needs a node");
    records_ = ctx.ostream("records");
    producers_ = ctx.partition_state<heard_producer>("producers");
    ctx.idle_timeout(idle_after);
    producer_book known(from_->limits().producers_max);
    producers_.for_each([&](std::string_view name, const heard_producer& p) { known.note(name, p.number, p.heard_ns); });
    from_->attach(ctx.partition(), ctx.waker(), std::move(known));
  }

  weir::poll_result poll(weir::context& ctx) override {
    const intake::portion todo = from_->next(ctx.partition());
    if (!todo.of) return weir::poll_result::idle_until(weir::processing_time::max());
    const bool numbered = !todo.of->batch.producer.empty();
    const heard_producer* const known = numbered ? producers_.find(todo.of->batch.producer) : nullptr;
    progress done{.number = known != nullptr ? known->number : 0, .at = todo.begin};
    const std::uint64_t before = done.number;
    take(ctx, todo, numbered, done);
    if (done.number != before) remember(ctx, todo.of->batch.producer, done.number);
    const std::uint64_t token = from_->take(ctx.partition(), done.at, done.repeated);
    if (token != 0) ctx.when_durable(token);
    return weir::poll_result::more;
  }

  void process_durable(weir::context& ctx, std::uint64_t token) override { from_->durable(ctx.partition(), token); }

  void close(weir::context& ctx) override { from_->detach(ctx.partition()); }

 private:
  static constexpr std::chrono::seconds idle_after{1};
  // A portion is so small that a frame stays small, and a step learns soon that it is spent.
  static constexpr std::size_t portion_records = 1024;
  static constexpr std::size_t portion_bytes = 64u << 10;

  struct progress {
    std::uint64_t number = 0;  ///< The highest one so far.
    std::uint64_t repeated = 0;
    std::size_t at = 0;  ///< In the portion's indexes.
  };

  void take(weir::context& ctx, const intake::portion& todo, bool numbered, progress& done) {
    const publish_batch& batch = todo.of->batch;
    const std::size_t end = std::min(todo.indexes->size(), todo.begin + portion_records);
    const weir::event_time now = std::max(weir::event_time(ctx.now().since_epoch()), ctx.watermark());  // The clock may go back, this does not.
    weir::event_time latest = ctx.watermark();
    std::size_t bytes = 0;
    for (; done.at < end && bytes < portion_bytes; ++done.at) {
      const std::uint32_t index = (*todo.indexes)[done.at];
      if (numbered && batch.first + index <= done.number) {
        ++done.repeated;
        continue;
      }
      const publish_record& r = batch.records[index];
      const weir::event_time time = r.time == publish_record::no_time ? now : weir::event_time(std::chrono::nanoseconds(r.time));
      records_.produce(batch.key(r), batch.value(r), time);
      if (numbered) done.number = batch.first + index;
      latest = std::max(latest, time);
      bytes += r.value_end - r.value_begin;
    }
    if (latest > ctx.watermark()) ctx.emit_watermark(latest);
  }

  void remember(weir::context& ctx, const std::string& producer, std::uint64_t number) {
    const std::int64_t now = ctx.now().since_epoch().count();
    producers_[producer] = {number, now};
    if (const auto forgotten = from_->note(ctx.partition(), producer, number, now)) producers_.erase(*forgotten);
  }

  std::shared_ptr<intake> from_;
  weir::ostream records_;
  weir::partition_state<heard_producer> producers_;
};

}  // namespace

const weir_operator_info& external_operator() noexcept {
  static const weir_operator_info info = weir::detail::operator_info<external_source>(topology::external_class);
  return info;
}

}  // namespace weir::runtime
