#pragma once

namespace ct::bench {

/// What colortouchd, as a process, keeps in memory for 1,000 devices that wait for changes.
void bench_connected();

}  // namespace ct::bench
