// Drives an operator of an example's module as it was built, in memory. The module stays loaded.
#pragma once

#include <dlfcn.h>
#include <weir/test_driver.hpp>

#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

class loaded {
 public:
  /// `example` is the folder and the module's name; `class_name` as in WEIR_EXPORT_OPERATOR.
  loaded(const std::string& example, std::string_view class_name, weir::test_config config = {}) {
    void* module = ::dlopen((WEIR_BUILD_DIR "/examples/" + example + "/lib" + example + ".so").c_str(), RTLD_NOW | RTLD_LOCAL);
    INFO((module != nullptr ? "" : ::dlerror()));
    REQUIRE(module != nullptr);
    const auto entry = reinterpret_cast<weir_module_function>(::dlsym(module, WEIR_MODULE_SYMBOL));
    REQUIRE(entry != nullptr);
    const weir_module_info* info = entry();
    char text[256];
    weir_outcome outcome{WEIR_OK, 0, 0, 0, sizeof text, text};
    const auto* const end = info->operators + info->operator_count;
    const auto* const found = std::find_if(info->operators, end, [&](const weir_operator_info* one) { return class_name == one->class_name; });
    REQUIRE(found != end);
    runner_ = std::make_unique<weir::testing::runner>(**found, *(*found)->metadata(&outcome), std::move(config), weir::testing::test_files{});
    runner_->policy = weir::on_error::dead_letter;
  }

  /// A record of the first istream, as a frame of its own.
  void send(std::string_view key, std::string_view value, weir::event_time time = {}) {
    runner_->step({.inputs = {{0, time.since_epoch().count(), std::string(key), std::string(value), runner_->lsn() + 1, 0}}});
  }
  void watermark(weir::event_time to) { runner_->step({.watermark = to.since_epoch().count()}); }
  void crash() { runner_->crash(); }

  std::vector<weir::owned_record> received(const std::string& ostream) { return std::exchange(runner_->received[ostream], {}); }
  std::vector<std::string> values(const std::string& ostream) {
    std::vector<std::string> all;
    for (const auto& record : received(ostream)) all.push_back(record.value);
    return all;
  }
  /// The errors of the dead letters so far.
  std::vector<std::string> errors() {
    std::vector<std::string> all;
    for (const auto& record : received("dead-letters")) all.push_back(record.error);
    return all;
  }
  std::size_t timers() const { return runner_->host.now.timers.size(); }

 private:
  std::unique_ptr<weir::testing::runner> runner_;
};
