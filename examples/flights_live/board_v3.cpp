// A mistake: it works for a thousand flights.
#include <stdexcept>

#include "board.hpp"

class board_v3 final : public board {
 public:
  weir::metadata metadata() const override { return described("3"); }

 private:
  bool late(int) override {
    if (++flights_ > 1000) throw std::runtime_error("out of gates");
    return true;
  }
  int flights_ = 0;
};
WEIR_EXPORT_OPERATOR(board_v3)
