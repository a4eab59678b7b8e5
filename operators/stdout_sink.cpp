// `stdout-sink`: records as lines on the node's standard output.
//
//   - name: show
//     uses: stdout-sink
//     istreams: {records: alerts}
//
// Only durable records are shown. A terminal or pipe cannot take lines back: those of the last frame before a crash may be shown again after it. Where every
// line must be there once, use file-sink.
#include <weir/file.hpp>
#include <weir/weir.hpp>

#include <string>
#include <utility>

#include "operators/record_text.hpp"

namespace weir::operators {

class stdout_sink final : public weir::stream_operator {
 public:
  weir::metadata metadata() const override {
    return {.name = "stdout-sink",
            .version = "1",
            .istreams = {"records"},
            .delivery = weir::delivery::durable,
            .blocking = true,
            .config = {record_text::format_key(), record_text::separator_key()}};
  }
  void initialize(weir::context& ctx) override { text_ = record_text(ctx.config()); }
  void process_record(weir::context&, const weir::record& record) override { text_.append(record, lines_); }
  void flush(weir::context& ctx) override {
    if (!lines_.empty()) weir::standard_output(ctx, std::exchange(lines_, {}));
  }

 private:
  record_text text_;
  std::string lines_;  // Of the frame under construction.
};

WEIR_EXPORT_OPERATOR(stdout_sink)

}  // namespace weir::operators
