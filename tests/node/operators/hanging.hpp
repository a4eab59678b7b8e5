// Hands everything on; at the value `at` it does not return before the file `until` is there. `began` is made when it comes to that value.
#pragma once

#include <unistd.h>

#include <weir/weir.hpp>

#include <fstream>
#include <string>
#include <thread>

template <bool Blocking>
class hanging_anywhere : public weir::stream_operator {
 public:
  weir::metadata metadata() const override {
    return {.name = Blocking ? "hanging_blocking" : "hanging",
            .version = "1",
            .istreams = {"lines"},
            .ostreams = {"passed"},
            .blocking = Blocking,
            .config = {{"at", weir::config_type::text, weir::required, ""},
                       {"until", weir::config_type::text, weir::required, ""},
                       {"began", weir::config_type::text, "", ""}}};
  }
  void initialize(weir::context& ctx) override {
    at_ = ctx.config().text("at");
    until_ = ctx.config().text("until");
    began_ = ctx.config().text("began");
    passed_ = ctx.ostream("passed");
  }
  void process_record(weir::context&, const weir::record& r) override {
    if (r.value == at_) {
      if (!began_.empty()) std::ofstream{began_} << "1";
      while (::access(until_.c_str(), F_OK) != 0) std::this_thread::yield();
    }
    passed_.produce(r.key, r.value, r.time);
  }

 private:
  std::string at_;
  std::string until_;
  std::string began_;
  weir::ostream passed_;
};

class hanging final : public hanging_anywhere<false> {};
class hanging_blocking final : public hanging_anywhere<true> {};
