// Late is what is a quarter of an hour late.
#include "board.hpp"

class board_v1 final : public board {
 public:
  weir::metadata metadata() const override { return described("1"); }

 private:
  bool late(int minutes) override { return minutes >= 15; }
};
WEIR_EXPORT_OPERATOR(board_v1)
