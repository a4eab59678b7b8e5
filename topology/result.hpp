// Values or errors: what can fail in normal life returns result<T>. An error says what failed, where, and what to do, in one line a user can read.
// Plain data, any thread; costs a variant.
#pragma once

#include <cassert>
#include <string>
#include <utility>
#include <variant>

namespace weir {

/// The classes of failure that a user can tell apart; their numbers are the exit statuses of the command line.
enum class error_code : int {
  failed = 1,       ///< I/O, a failed operator, anything that may work when tried again after a remedy.
  usage = 2,        ///< What the user wrote is wrong: arguments, manifest, module.
  unreachable = 3,  ///< No node answers.
  refused = 4,      ///< Understood, but incompatible with what is there: state, directory in use, newer format.
  corrupt = 5,      ///< Bytes on disk contradict each other; shown to users as status 1.
  no_space = 6,     ///< The file system is full; work may resume when space is back. Status 1 where it ends the process.
  rolled_back = 7,  ///< New code failed on trial, and the code before it runs again; status 5.
};

/// The exit status that an error of this code ends a command with.
constexpr int exit_status(error_code code) noexcept {
  if (code == error_code::rolled_back) return 5;
  return static_cast<int>(code) <= 4 ? static_cast<int>(code) : 1;
}

struct error {
  error_code code = error_code::failed;
  std::string message;  ///< One line, without a final full stop or newline; names the place and the remedy.
};

/// A T, or the reason why there is none. Test it before use: value() of an error is a bug.
template <class T>
class [[nodiscard]] result {
 public:
  using value_type = T;
  result(T value) : data_(std::in_place_index<0>, std::move(value)) {}
  result(error e) : data_(std::in_place_index<1>, std::move(e)) {}

  [[nodiscard]] bool ok() const noexcept { return data_.index() == 0; }
  explicit operator bool() const noexcept { return ok(); }
  T& value() & noexcept {
    assert(ok());
    return *std::get_if<0>(&data_);
  }
  const T& value() const& noexcept {
    assert(ok());
    return *std::get_if<0>(&data_);
  }
  T&& value() && noexcept {
    assert(ok());
    return std::move(*std::get_if<0>(&data_));
  }
  T& operator*() & noexcept { return value(); }
  const T& operator*() const& noexcept { return value(); }
  T* operator->() noexcept { return &value(); }
  const T* operator->() const noexcept { return &value(); }
  [[nodiscard]] const error& why() const noexcept {
    assert(!ok());
    return *std::get_if<1>(&data_);
  }

 private:
  std::variant<T, error> data_;
};

template <>
class [[nodiscard]] result<void> {
 public:
  result() = default;
  result(error e) : error_(std::move(e)), ok_(false) {}
  [[nodiscard]] bool ok() const noexcept { return ok_; }
  explicit operator bool() const noexcept { return ok_; }
  [[nodiscard]] const error& why() const noexcept {
    assert(!ok_);
    return error_;
  }

 private:
  error error_;
  bool ok_ = true;
};

}  // namespace weir
