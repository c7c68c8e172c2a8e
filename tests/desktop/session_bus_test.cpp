// The window's talk with the desktop, on a session bus of the test's own where the test plays the desktop.
#include "app/desktop/session_bus.h"

#include <dbus/dbus.h>
#include <doctest/doctest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

extern char** environ;

using ct::app::SessionBus;

/// libdbus takes two mutexes of its own now in one order, now in the other; that is no matter of ours, races are.
extern "C" const char* __tsan_default_suppressions();
extern "C" const char* __tsan_default_suppressions() { return "deadlock:libdbus-1.so.3\n"; }

namespace {

constexpr auto kWithin = std::chrono::seconds(20);

/// A bus for these tests alone: one, for libdbus looks for its address once in a program's life.
class Bus {
    Bus() {
        std::array<int, 2> ends{};
        REQUIRE(::pipe(ends.data()) == 0);
        posix_spawn_file_actions_t actions;
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
        posix_spawn_file_actions_addclose(&actions, ends[0]);
        std::array<std::string, 5> words{"dbus-daemon", "--session", "--nofork", "--nopidfile", "--print-address=1"};
        std::vector<char*> argv;
        for (std::string& word : words) argv.push_back(word.data());
        argv.push_back(nullptr);
        if (::posix_spawnp(&process_, argv[0], &actions, nullptr, argv.data(), environ) != 0) process_ = -1;
        posix_spawn_file_actions_destroy(&actions);
        ::close(ends[1]);
        std::string address;
        for (char byte = 0; process_ > 0 && ::read(ends[0], &byte, 1) == 1 && byte != '\n';) address += byte;
        ::close(ends[0]);
        if (!address.empty()) ::setenv("DBUS_SESSION_BUS_ADDRESS", address.c_str(), 1);
        there_ = !address.empty();
    }

  public:
    ~Bus() {
        ::unsetenv("DBUS_SESSION_BUS_ADDRESS");
        if (process_ <= 0) return;
        ::kill(process_, SIGTERM);
        ::waitpid(process_, nullptr, 0);
    }
    Bus(const Bus&) = delete;
    Bus& operator=(const Bus&) = delete;

    [[nodiscard]] static bool there() {
        static const Bus bus;
        if (!bus.there_) MESSAGE("no dbus-daemon: use tools/test");
        return bus.there_;
    }

  private:
    pid_t process_ = -1;
    bool there_ = false;
};

struct Shown {
    std::string program, title, words;
};

/// What a desktop answers: the portal for settings, and who shows notifications.
class Desktop {
  public:
    explicit Desktop(bool shows_notices = true) : connection_(dbus_bus_get_private(DBUS_BUS_SESSION, nullptr)) {
        REQUIRE(connection_ != nullptr);
        dbus_connection_set_exit_on_disconnect(connection_, FALSE);
        own("org.freedesktop.portal.Desktop");
        if (shows_notices) own("org.freedesktop.Notifications");
    }
    ~Desktop() {
        dbus_connection_close(connection_);
        dbus_connection_unref(connection_);
    }
    Desktop(const Desktop&) = delete;
    Desktop& operator=(const Desktop&) = delete;

    /// Answers whoever asks until that is so; false when it does not come to it.
    bool serve_until(const std::function<bool()>& done) {
        const auto end = std::chrono::steady_clock::now() + kWithin;
        while (!done()) {
            if (std::chrono::steady_clock::now() > end) return false;
            dbus_connection_read_write(connection_, 5);
            while (DBusMessage* message = dbus_connection_pop_message(connection_)) {
                answer(message);
                dbus_message_unref(message);
            }
        }
        return true;
    }

    void change(const char* wish, dbus_uint32_t to) {
        DBusMessage* signal = dbus_message_new_signal("/org/freedesktop/portal/desktop",
                                                      "org.freedesktop.portal.Settings", "SettingChanged");
        DBusMessageIter at;
        dbus_message_iter_init_append(signal, &at);
        append(at, "org.freedesktop.appearance");
        append(at, wish);
        append_number(at, to, 1);
        send(signal);
    }

    void click(dbus_uint32_t notification) {
        DBusMessage* signal =
            dbus_message_new_signal("/org/freedesktop/Notifications", "org.freedesktop.Notifications", "ActionInvoked");
        DBusMessageIter at;
        dbus_message_iter_init_append(signal, &at);
        dbus_message_iter_append_basic(&at, DBUS_TYPE_UINT32, &notification);
        append(at, "default");
        send(signal);
    }

    std::map<std::string, dbus_uint32_t> wishes{{"color-scheme", 1}, {"contrast", 0}};
    std::vector<Shown> shown;  ///< the n-th has the number n + 1

  private:
    void own(const char* name) const {
        REQUIRE(dbus_bus_request_name(connection_, name, 0, nullptr) == DBUS_REQUEST_NAME_REPLY_PRIMARY_OWNER);
    }
    static void append(DBusMessageIter& at, const char* words) {
        dbus_message_iter_append_basic(&at, DBUS_TYPE_STRING, &words);
    }
    /// Within so many variants: the portal's Read has two, its signal one.
    static void append_number(DBusMessageIter& at, dbus_uint32_t number, int variants) {
        if (variants == 0) {
            dbus_message_iter_append_basic(&at, DBUS_TYPE_UINT32, &number);
            return;
        }
        DBusMessageIter inside;
        dbus_message_iter_open_container(&at, DBUS_TYPE_VARIANT, variants > 1 ? "v" : "u", &inside);
        append_number(inside, number, variants - 1);
        dbus_message_iter_close_container(&at, &inside);
    }
    static std::string words(DBusMessageIter& at) {
        const char* text = "";
        if (dbus_message_iter_get_arg_type(&at) == DBUS_TYPE_STRING) dbus_message_iter_get_basic(&at, &text);
        std::string out = text;
        dbus_message_iter_next(&at);
        return out;
    }
    void send(DBusMessage* message) const {
        dbus_connection_send(connection_, message, nullptr);
        dbus_connection_flush(connection_);
        dbus_message_unref(message);
    }

    void answer(DBusMessage* message) {
        const bool read = dbus_message_is_method_call(message, "org.freedesktop.portal.Settings", "Read") == TRUE;
        const bool notice = dbus_message_is_method_call(message, "org.freedesktop.Notifications", "Notify") == TRUE;
        if (!read && !notice) return;
        DBusMessage* reply = dbus_message_new_method_return(message);
        DBusMessageIter at, out;
        REQUIRE(dbus_message_iter_init(message, &at) == TRUE);
        dbus_message_iter_init_append(reply, &out);
        if (read) {
            CHECK(words(at) == "org.freedesktop.appearance");
            append_number(out, wishes.at(words(at)), 2);
        } else {
            CHECK(std::string(dbus_message_get_signature(message)) == "susssasa{sv}i");
            Shown& one = shown.emplace_back();
            one.program = words(at);
            dbus_message_iter_next(&at);  // it replaces none
            (void)words(at);              // its icon
            one.title = words(at);
            one.words = words(at);
            const auto number = static_cast<dbus_uint32_t>(shown.size());
            dbus_message_iter_append_basic(&out, DBUS_TYPE_UINT32, &number);
        }
        send(reply);
    }

    DBusConnection* connection_;
};

}  // namespace

TEST_CASE("desktop: whether it is dark, or of high contrast, is heard at once, and when it changes") {
    if (!Bus::there()) return;
    Desktop desktop;
    std::atomic<int> woken = 0;
    const SessionBus session([&woken] { ++woken; });
    REQUIRE(desktop.serve_until([&] { return session.wishes().dark.has_value(); }));
    CHECK(session.wishes().dark == true);
    desktop.change("color-scheme", 2);
    CHECK(desktop.serve_until([&] { return session.wishes().dark == false; }));
    desktop.change("color-scheme", 0);
    CHECK(desktop.serve_until([&] { return !session.wishes().dark.has_value(); }));
    CHECK(desktop.serve_until([&] { return woken >= 3; }));
    CHECK_FALSE(session.wishes().contrast);
    desktop.change("contrast", 1);
    CHECK(desktop.serve_until([&] { return session.wishes().contrast; }));
    desktop.change("contrast", 0);
    CHECK(desktop.serve_until([&] { return !session.wishes().contrast; }));
}

TEST_CASE("desktop: a notification is shown, and a click on it is heard; one on another's is not") {
    if (!Bus::there()) return;
    Desktop desktop;
    SessionBus session({});
    REQUIRE(desktop.serve_until([&] { return session.wishes().dark.has_value(); }));  // it is connected
    REQUIRE(session.notify("Call Asha", "Tom & Co <10:00>"));
    REQUIRE(desktop.serve_until([&] { return desktop.shown.size() == 1; }));
    CHECK(desktop.shown[0].program == "ColorTouch");
    CHECK(desktop.shown[0].title == "Call Asha");
    CHECK(desktop.shown[0].words == "Tom &amp; Co &lt;10:00&gt;");  // as little HTML
    CHECK_FALSE(session.take_clicked());
    desktop.click(77);
    desktop.change("color-scheme", 2);  // comes behind the click
    REQUIRE(desktop.serve_until([&] { return session.wishes().dark == false; }));
    CHECK_FALSE(session.take_clicked());
    desktop.click(1);
    CHECK(desktop.serve_until([&] { return session.take_clicked(); }));
    CHECK_FALSE(session.take_clicked());
}

TEST_CASE("desktop: where nobody shows notifications, or no bus is, that is said and nothing else happens") {
    if (!Bus::there()) return;
    {
        Desktop desktop(false);
        SessionBus session({});
        REQUIRE(desktop.serve_until([&] { return session.wishes().dark.has_value(); }));
        CHECK(desktop.serve_until([&] { return !session.notify("Call Asha", ""); }));
    }
    const std::string address = std::getenv("DBUS_SESSION_BUS_ADDRESS");
    ::unsetenv("DBUS_SESSION_BUS_ADDRESS");
    ::unsetenv("XDG_RUNTIME_DIR");
    CHECK_FALSE(SessionBus({}).notify("Call Asha", ""));
    ::setenv("DBUS_SESSION_BUS_ADDRESS", address.c_str(), 1);
}
