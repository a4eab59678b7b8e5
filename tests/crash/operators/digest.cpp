// What came under each key: the record's number under its key, and a digest of all its values so far. A record that was lost, doubled, changed or moved shows
// in every line of its key from there on.
#include <weir/weir.hpp>

#include <cstdint>
#include <cstring>
#include <string>

class digest final : public weir::stream_operator {
 public:
  weir::metadata metadata() const override {
    return {.name = "digest",
            .version = "1",
            .istreams = {{"records", weir::grouping::group_by}},
            .ostreams = {"digests"},
            .states = {weir::keyed<totals>("totals")}};
  }
  void initialize(weir::context& ctx) override {
    totals_ = ctx.state<totals>("totals");
    digests_ = ctx.ostream("digests");
  }
  void process_record(weir::context&, const weir::record& r) override {
    totals& of_key = totals_[r.key];
    ++of_key.records;
    for (std::size_t at = 0; at + sizeof(std::uint64_t) <= r.value.size(); at += sizeof(std::uint64_t)) {
      std::uint64_t word = 0;
      std::memcpy(&word, r.value.data() + at, sizeof word);
      of_key.mixed = (of_key.mixed ^ word) * 0x9e3779b97f4a7c15U;
    }
    digests_.produce(r.key, std::to_string(of_key.records) + ' ' + std::to_string(of_key.mixed));
  }

 private:
  struct totals {
    std::uint64_t records = 0;
    std::uint64_t mixed = 0;
  };
  weir::keyed_state<totals> totals_;
  weir::ostream digests_;
};
WEIR_EXPORT_OPERATOR(digest)
