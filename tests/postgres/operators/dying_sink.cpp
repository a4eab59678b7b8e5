// postgres-sink that now and then kills its process between the database's commit and the frame: the worst moment. $KILL_AFTER says after how many flushes.
#include "operators/postgres/postgres_sink.cpp"  // NOLINT(bugprone-suspicious-include): an operator is one file

#include <atomic>
#include <csignal>
#include <cstdlib>

namespace weir::operators {

class dying_sink final : public postgres_sink {
 public:
  void flush(weir::context& ctx) override {
    postgres_sink::flush(ctx);
    const char* const told = std::getenv("KILL_AFTER");
    if (told == nullptr || *told == '\0') return;
    if (++flushes > std::atoi(told)) (void)std::raise(SIGKILL);
  }

 private:
  static inline std::atomic<int> flushes{0};  ///< Of the process: an object is made anew for each row that is refused.
};
WEIR_EXPORT_OPERATOR(dying_sink)

}  // namespace weir::operators
