// Follows what a detector says of each key. Says "wrong …" where the pattern is broken, "version V from N" where a key's detector is another one, and "at N"
// now and then.
#include <weir/weir.hpp>

#include <algorithm>
#include <string>

#include "tests/redeploy/sequence.hpp"

namespace weir::test {

class sequence_checker final : public weir::stream_operator {
 public:
  weir::metadata metadata() const override {
    return {.name = "sequence_checker",
            .version = "1",
            .istreams = {{"detected", weir::grouping::group_by}},
            .ostreams = {"findings"},
            .states = {weir::keyed<detected>("seen")},
            .config = {{"every", weir::config_type::number, "1000", "how often it says where it is"}}};
  }
  void initialize(weir::context& ctx) override {
    seen_ = ctx.state<detected>("seen");
    findings_ = ctx.ostream("findings");
    every_ = ctx.config().number<std::uint64_t>("every");
  }
  void process_record(weir::context&, const weir::record& r) override {
    const auto is = r.as<detected>();
    detected& was = seen_[r.key];
    last_four wanted{{was.last.values[1], was.last.values[2], was.last.values[3], was.last.values[3] + 1}};
    const std::string n = std::to_string(is.last.values[3]);
    if (is.last != wanted) say(r.key, "wrong " + n + " behind " + std::to_string(was.last.values[3]));
    if (is.version != was.version) say(r.key, "version " + std::to_string(is.version) + " from " + n);
    if (is.last.values[3] % every_ == 0) say(r.key, "at " + n);
    was = is;
  }

 private:
  void say(const weir::record_key& key, const std::string& text) { findings_.produce(key, std::string(key) + "," + text); }

  weir::keyed_state<detected> seen_;
  std::uint64_t every_ = 0;
  weir::ostream findings_;
};
WEIR_EXPORT_OPERATOR(sequence_checker)

/// Says how far each key has come once its totals are in; both come from one source, in two streams, so a total waits for its value by a timer.
class sequence_total final : public weir::stream_operator {
 public:
  weir::metadata metadata() const override {
    return {.name = "sequence_total",
            .version = "1",
            .istreams = {{"detected", weir::grouping::group_by}, {"totals", weir::grouping::group_by}},
            .ostreams = {"ends"},
            .states = {weir::keyed<std::uint64_t>("at"), weir::keyed<std::uint64_t>("total")}};
  }
  void initialize(weir::context& ctx) override {
    at_ = ctx.state<std::uint64_t>("at");
    total_ = ctx.state<std::uint64_t>("total");
    ends_ = ctx.ostream("ends");
  }
  void process_record(weir::context&, const weir::record& r) override {
    if (r.istream == 0)
      at_[r.key] = r.as<detected>().last.values[3];
    else
      total_[r.key] = std::stoull(std::string(r.value));
    const std::uint64_t* const total = total_.find(r.key);
    if (total == nullptr) return;
    const std::uint64_t* const at = at_.find(r.key);
    if (at != nullptr && *at == *total) ends_.produce(r.key, std::string(r.key) + ",all " + std::to_string(*at));
  }

 private:
  weir::keyed_state<std::uint64_t> at_, total_;
  weir::ostream ends_;
};
WEIR_EXPORT_OPERATOR(sequence_total)

}  // namespace weir::test
