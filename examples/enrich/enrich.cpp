// Orders and customers in, orders with their customer out: `order,customer` as it was when the order was made; orders of nobody go to `unmatched`.
//
// Two sources are read side by side, so an order may come before its customer. It waits as state until an event-time timer at its own time fires: by then the
// watermark, the smaller one of both istreams, has passed that time, and everything before it is there.
#include <weir/weir.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

class enrich final : public weir::stream_operator {
 public:
  weir::metadata metadata() const override {
    return {.name = "enrich",
            .version = "1",
            .istreams = {{"orders", weir::grouping::group_by}, {"customers", weir::grouping::group_by}},
            .ostreams = {"enriched", "unmatched"},
            .states = {weir::keyed<weir::bytes>("customers"), weir::keyed<weir::bytes>("waiting")}};
  }

  void initialize(weir::context& ctx) override {
    customers_ = ctx.state<weir::bytes>("customers");
    waiting_ = ctx.state<weir::bytes>("waiting");
    enriched_ = ctx.ostream("enriched");
    unmatched_ = ctx.ostream("unmatched");
  }

  void process_record(weir::context& ctx, const weir::record& record) override {
    const std::string subkey =
        weir::subkey(static_cast<std::uint64_t>(record.time.since_epoch().count())) + weir::subkey(record.position.lsn) + weir::subkey(record.position.index);
    if (record.istream == customers) return customers_.put(record.key, subkey, record.value);
    waiting_.put(record.key, subkey, record.value);
    ctx.set_timer(record.key, record.time, subkey);
  }

  void process_timer(weir::context&, const weir::timer& timer) override {
    joined_ = waiting_.find(timer.key, timer.subkey).value_or("");
    waiting_.erase(timer.key, timer.subkey);
    find_customer(timer);
    if (customer_.empty()) return unmatched_.produce(timer.key, joined_);
    joined_.append(",").append(customer_);
    enriched_.produce(timer.key, joined_);
  }

 private:
  enum istream : std::uint16_t { orders, customers };

  /// Into customer_: the last version before the order's time, "" where there is none or the customer is gone. Older ones are let go: later orders have no use
  /// for them.
  void find_customer(const weir::timer& timer) {
    const std::string_view time = timer.subkey.substr(0, 8);
    customer_.clear();
    version_.clear();
    customers_.for_each(timer.key, [&](std::string_view subkey, std::string_view customer) {
      if (subkey.substr(0, 8) >= time) return false;
      if (!version_.empty()) outdated_.push_back(version_);
      version_ = subkey;
      customer_ = customer;
      return true;
    });
    for (const std::string& version : outdated_) customers_.erase(timer.key, version);
    outdated_.clear();
  }

  weir::keyed_state<weir::bytes> customers_;  // By customer and, as sub-key, from when on.
  weir::keyed_state<weir::bytes> waiting_;    // Orders by customer and, as sub-key, time and position.
  weir::ostream enriched_, unmatched_;
  std::string joined_, customer_, version_;
  std::vector<std::string> outdated_;
};
WEIR_EXPORT_OPERATOR(enrich)
