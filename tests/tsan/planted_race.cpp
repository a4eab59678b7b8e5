// Two threads, each pinned to a CPU as the runtime's cores are, write one variable without order between them. ThreadSanitizer must report it: a suite
// that is silent under it proves nothing while nobody knows that it can speak.
#include <pthread.h>
#include <sched.h>

#include <thread>

namespace {

int planted = 0;

void pin(unsigned n) {
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) return;
  int wanted = static_cast<int>(n % static_cast<unsigned>(CPU_COUNT(&allowed)));
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (!CPU_ISSET(cpu, &allowed) || wanted-- != 0) continue;
    cpu_set_t only;
    CPU_ZERO(&only);
    CPU_SET(cpu, &only);
    pthread_setaffinity_np(pthread_self(), sizeof only, &only);
    return;
  }
}

void planted_race(unsigned n) {
  pin(n);
  for (int i = 0; i < 1000; ++i) planted = planted + 1;
}

}  // namespace

int main() {
  std::thread first(planted_race, 0);
  std::thread second(planted_race, 1);
  first.join();
  second.join();
  return 0;
}
