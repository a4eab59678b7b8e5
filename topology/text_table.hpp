// Lines of cells for a terminal, each column as wide as its widest cell; nothing hangs over at a line's end. Owned by whoever prints; one thread.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "topology/utf8.hpp"

namespace weir::topology {

class text_table {
 public:
  void add(std::vector<std::string> cells) {
    widths_.resize(std::max(widths_.size(), cells.size()));
    for (std::size_t i = 0; i < cells.size(); ++i) widths_[i] = std::max(widths_[i], columns_of(cells[i]));
    rows_.push_back(std::move(cells));
  }
  std::size_t size() const noexcept { return rows_.size(); }
  /// With its newline.
  std::string line(std::size_t index) const {
    std::string out;
    for (std::size_t i = 0; i < rows_[index].size(); ++i) {
      const std::string& cell = rows_[index][i];
      out += cell + std::string(widths_[i] - columns_of(cell) + 2, ' ');
    }
    out.erase(out.find_last_not_of(' ') + 1);
    return out + "\n";
  }
  /// All lines.
  std::string text() const {
    std::string out;
    for (std::size_t i = 0; i < size(); ++i) out += line(i);
    return out;
  }

 private:
  std::vector<std::vector<std::string>> rows_;
  std::vector<std::size_t> widths_;
};

}  // namespace weir::topology
