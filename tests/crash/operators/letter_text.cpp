// Dead letters in, the values of their records out.
#include <flatbuffers/flatbuffers.h>
#include <weir/weir.hpp>

#include <stdexcept>
#include <string_view>

#include "runtime/operator/dead_letter_generated.h"

class letter_text final : public weir::stream_operator {
 public:
  weir::metadata metadata() const override { return {.name = "letter-text", .version = "1", .istreams = {"letters"}, .ostreams = {"texts"}}; }
  void initialize(weir::context& ctx) override { texts_ = ctx.ostream("texts"); }
  void process_record(weir::context&, const weir::record& record) override {
    flatbuffers::Verifier verifier(reinterpret_cast<const std::uint8_t*>(record.value.data()), record.value.size());
    if (!verifier.VerifyBuffer<weir::runtime::wire::dead_letter>()) throw std::invalid_argument("not a dead letter");
    const auto& letter = *flatbuffers::GetRoot<weir::runtime::wire::dead_letter>(record.value.data());
    if (letter.hook()->string_view() != "process_record" || letter.error()->size() == 0) throw std::invalid_argument("a letter without its reason");
    texts_.produce(record.key, {reinterpret_cast<const char*>(letter.value()->data()), letter.value()->size()});
  }

 private:
  weir::ostream texts_;
};
WEIR_EXPORT_OPERATOR(letter_text)
