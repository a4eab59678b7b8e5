// Late is what is late at all.
#include "board.hpp"

class board_v2 final : public board {
 public:
  weir::metadata metadata() const override { return described("2"); }

 private:
  bool late(int minutes) override { return minutes > 0; }
};
WEIR_EXPORT_OPERATOR(board_v2)
