// From the start of the program to its first frame, with 100,000 leads in the profile.
#include "bench.h"

namespace ct::bench {

void bench_start() {}

}  // namespace ct::bench
