// inspect: why does this profile not sync? With --export as one file for whoever helps from afar.
#include "cli/context.h"
#include "cli/output.h"
#include "client/diagnostics.h"

namespace ct::cli {
namespace {

/// Also while another program has the profile open: nothing is locked, and nothing written but the file.
[[nodiscard]] Outcome export_file(Context& context) {
    const auto profile = context.locate();
    if (!profile) return fail(profile.error());
    const auto config = client::Config::load(profile->config_file());
    if (!config) return fail(config.error());
    Surroundings& surroundings = context.surroundings();
    const client::DiagnosticsRequest request{*profile, *config, "colortouchctl " + surroundings.version, {}};
    const std::string& file = context.options().export_file;
    const auto done = client::export_diagnostics(request, file, surroundings.clock, surroundings.random);
    if (!done) return fail(done.error());
    if (context.json()) {
        print_json(context.out(), {{"file", file},
                                   {"bytes", done->bytes},
                                   {"steps", done->steps},
                                   {"logLines", done->log_lines},
                                   {"hashed", done->hashed}});
    } else {
        context.out() << file << ": " << shown_bytes(done->bytes) << ", " << done->steps << " steps of the engine, "
                      << done->log_lines << " lines of the log; " << done->hashed
                      << " values of people replaced by hashes\n";
    }
    return ExitCode::done;
}

}  // namespace

Outcome run_inspect(Context& context) {
    if (!context.options().export_file.empty()) return export_file(context);
    return report_inspection(context);
}

}  // namespace ct::cli
