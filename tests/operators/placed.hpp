// Puts an operator into surroundings that it meets at its first start: files, and a partition's number. The driver has one partition, and files only once
// the operator is initialised. One test at a time; set `surroundings` first.
#pragma once

#include <weir/file.hpp>
#include <weir/test_driver.hpp>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

struct surroundings {
  std::vector<std::pair<std::string, std::string>> files;  // Path and content.
  std::uint32_t partition = 0;
  std::uint32_t partitions = 1;
};
inline surroundings placed_in;

template <class Operator>
class placed : public weir::stream_operator {
 public:
  weir::metadata metadata() const override { return inner_.metadata(); }
  void initialize(weir::context& ctx) override {
    ctx.raw()->partition = placed_in.partition;
    ctx.raw()->partitions = placed_in.partitions;
    if (ctx.start() == weir::start::created) {
      for (const auto& [path, text] : placed_in.files) {
        weir::file file = weir::file::open(ctx, path, weir::file::mode::write);
        file.write(0, text);
        file.sync();
      }
    }
    inner_.initialize(ctx);
  }
  void process_record(weir::context& ctx, const weir::record& record) override { inner_.process_record(ctx, record); }
  void flush(weir::context& ctx) override { inner_.flush(ctx); }
  void close(weir::context& ctx) override { inner_.close(ctx); }

 protected:
  Operator inner_;
};

/// A class that overrides poll() is a source to the SDK, so only sources may.
template <class Operator>
class placed_source final : public placed<Operator> {
 public:
  weir::poll_result poll(weir::context& ctx) override { return this->inner_.poll(ctx); }
};

template <class Operator>
weir::test_driver place_source(surroundings where, weir::test_config config) {
  placed_in = std::move(where);
  return weir::test_driver::of<placed_source<Operator>>(std::move(config));
}

template <class Operator>
weir::test_driver place(surroundings where, weir::test_config config) {
  placed_in = std::move(where);
  return weir::test_driver::of<placed<Operator>>(std::move(config));
}
