// rescue, backup, restore: unsent work, or a whole profile, as one file.
#include "client/rescue.h"

#include "base/file.h"
#include "cli/context.h"
#include "cli/output.h"
#include "client/backup.h"

namespace ct::cli {
namespace {

/// From --passphrase-file, or a line of standard input; `twice` is not asked: a script could not answer.
[[nodiscard]] Result<std::string> passphrase_of(Context& context) {
    Result<std::string> passphrase = context.options().passphrase_file.empty()
                                         ? context.surroundings().secret()
                                         : read_file(context.options().passphrase_file);
    if (!passphrase) return passphrase;
    while (!passphrase->empty() && (passphrase->back() == '\n' || passphrase->back() == '\r')) passphrase->pop_back();
    if (passphrase->empty())
        return fail(ErrorKind::invalid, "PASSPHRASE_NEEDED",
                    "a passphrase is needed: on standard input, or --passphrase-file");
    return passphrase;
}

/// Backups may be without one.
[[nodiscard]] Result<std::string> optional_passphrase(Context& context) {
    return context.options().passphrase_file.empty() ? Result<std::string>(std::string{}) : passphrase_of(context);
}

[[nodiscard]] std::string counted(std::int64_t count, const char* one, const char* many) {
    return std::to_string(count) + " " + (count == 1 ? one : many);
}

[[nodiscard]] Json json_of(const client::RescueSummary& summary) {
    return {{"operations", summary.operations},           {"attachments", summary.attachments},
            {"workspace", summary.origin.workspace_name}, {"user", summary.origin.user_email},
            {"device", summary.origin.device_id},         {"madeAt", format_rfc3339(summary.origin.at)}};
}

}  // namespace

Outcome run_rescue_save(Context& context) {
    auto session = context.session();
    if (!session) return fail(session.error());
    const auto passphrase = passphrase_of(context);
    if (!passphrase) return fail(passphrase.error());
    const std::string& file = context.options().file;
    const auto saved = client::save_rescue((*session)->store(), context.profile().attachments().string(), file,
                                           *passphrase, context.surroundings().clock.now());
    if (!saved) return fail(saved.error());
    if (context.json()) {
        Json json = json_of(*saved);
        json["file"] = file;
        json["bytes"] = saved->bytes;
        print_json(context.out(), json);
    } else {
        context.out() << "Put " << counted(saved->operations, "unsent edit", "unsent edits") << " and "
                      << counted(saved->attachments, "file", "files") << " into " << file << " ("
                      << shown_bytes(saved->bytes) << "), and read it again\n";
    }
    return ExitCode::done;
}

Outcome run_rescue_replay(Context& context) {
    auto session = context.session();
    if (!session) return fail(session.error());
    const auto passphrase = passphrase_of(context);
    if (!passphrase) return fail(passphrase.error());
    const auto replayed = client::replay_rescue((*session)->store(), context.profile().attachments().string(),
                                                context.options().file, *passphrase);
    if (!replayed) return fail(replayed.error());
    if (context.json()) {
        Json json = json_of(*replayed);
        json["known"] = replayed->known;
        print_json(context.out(), json);
    } else {
        context.out() << "Took over " << counted(replayed->operations, "edit", "edits") << " and "
                      << counted(replayed->attachments, "file", "files") << " of "
                      << (replayed->origin.user_email.empty() ? "somebody not signed in" : replayed->origin.user_email);
        if (replayed->known > 0) context.out() << "; " << replayed->known << " were here already";
        context.out() << ". They go with the next sync\n";
    }
    return ExitCode::done;
}

Outcome run_backup(Context& context) {
    auto session = context.session();
    if (!session) return fail(session.error());
    const auto passphrase = optional_passphrase(context);
    if (!passphrase) return fail(passphrase.error());
    const std::string& file = context.options().file;
    const auto made =
        client::back_up((*session)->store(), context.profile(), file, *passphrase, context.surroundings().clock.now());
    if (!made) return fail(made.error());
    if (context.json()) {
        print_json(context.out(), {{"file", file}, {"files", made->files}, {"bytes", made->bytes}});
    } else {
        context.out() << "Put " << counted(made->files, "file", "files") << " into " << file << " ("
                      << shown_bytes(made->bytes) << "), and read it again\n";
    }
    return ExitCode::done;
}

Outcome run_restore(Context& context) {
    const auto profile = context.locate();
    if (!profile) return fail(profile.error());
    const auto passphrase = optional_passphrase(context);
    if (!passphrase) return fail(passphrase.error());
    const Options& options = context.options();
    const auto restored = client::restore_backup(*profile, options.file, *passphrase, options.discard_unsent,
                                                 context.surroundings().clock, context.surroundings().random);
    if (!restored) return fail(restored.error());
    if (context.json()) {
        print_json(context.out(), {{"files", restored->files},
                                   {"madeAt", format_rfc3339(restored->at)},
                                   {"unsent", restored->unsent},
                                   {"replaced", restored->replaced.empty() ? Json() : Json(restored->replaced)}});
    } else {
        context.out() << "Restored the profile as it was at " << shown_time(restored->at) << "; "
                      << counted(restored->unsent, "edit waits", "edits wait") << " in it. Sign in again";
        if (!restored->replaced.empty()) context.out() << "; what it replaced is in " << restored->replaced;
        context.out() << '\n';
    }
    return ExitCode::done;
}

}  // namespace ct::cli
