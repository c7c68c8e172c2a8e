#include <dbus/dbus.h>
#include <dlfcn.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <mutex>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "app/desktop/session_bus.h"
#include "app/desktop/system.h"
#include "base/log.h"

namespace ct::app {

namespace {

// Only the header is needed to build: the program is to start where the library is not.
// clang-format off
#define CT_DBUS_FUNCTIONS(X)                                                                                           \
    X(error_init)                                                                                                      \
    X(error_free)                                                                                                      \
    X(bus_get_private)                                                                                                 \
    X(bus_add_match)                                                                                                   \
    X(connection_set_exit_on_disconnect) X(connection_get_unix_fd) X(connection_read_write) X(connection_pop_message)  \
        X(connection_send) X(connection_flush) X(connection_close) X(connection_unref) X(message_new_method_call)      \
            X(message_unref) X(message_get_type) X(message_get_reply_serial) X(message_is_signal) X(message_iter_init) \
                X(message_iter_init_append) X(message_iter_append_basic) X(message_iter_open_container)                \
                    X(message_iter_close_container) X(message_iter_get_arg_type) X(message_iter_get_basic)             \
                        X(message_iter_next) X(message_iter_recurse)
// clang-format on

struct Library {
#define CT_DBUS_MEMBER(function) decltype(&::dbus_##function) function = nullptr;
    CT_DBUS_FUNCTIONS(CT_DBUS_MEMBER)
#undef CT_DBUS_MEMBER

    template <class Function>
    static bool find(void* library, const char* name, Function& function) {
        function = reinterpret_cast<Function>(::dlsym(library, name));
        return function != nullptr;
    }
    bool load() {
        void* const library = ::dlopen("libdbus-1.so.3", RTLD_NOW | RTLD_LOCAL);  // for good
        if (library == nullptr) return false;
        bool all = true;
#define CT_DBUS_FIND(function) all = find(library, "dbus_" #function, function) && all;
        CT_DBUS_FUNCTIONS(CT_DBUS_FIND)
#undef CT_DBUS_FIND
        return all;
    }
};
#undef CT_DBUS_FUNCTIONS

constexpr const char* kPortal = "org.freedesktop.portal.Settings";
constexpr const char* kNotifications = "org.freedesktop.Notifications";
constexpr const char* kAppearance = "org.freedesktop.appearance";
/// What of that is followed; 0 is no preference. Of the scheme 1 is dark and 2 is light, of the contrast 1 is more.
constexpr std::array<const char*, 2> kWishes = {"color-scheme", "contrast"};
using Wish = std::optional<dbus_uint32_t>;

struct Notice {
    std::string title, words;
};

/// Whether there is one: libdbus would start a bus of its own where there is none.
bool bus_there() {
    if (std::getenv("DBUS_SESSION_BUS_ADDRESS") != nullptr) return true;
    const char* const directory = std::getenv("XDG_RUNTIME_DIR");
    std::error_code ignored;
    return directory != nullptr && std::filesystem::exists(std::string(directory) + "/bus", ignored);
}

/// The connection, and what came over it. Its own thread only.
class Talk {
  public:
    struct Heard {
        std::array<Wish, kWishes.size()> wishes;  // of those that were said
        bool clicked = false, no_notices = false;
    };

    explicit Talk(const Library& bus) : bus_(bus) {}
    ~Talk() {
        if (connection_ == nullptr) return;
        bus_.connection_close(connection_);
        bus_.connection_unref(connection_);
    }
    Talk(const Talk&) = delete;
    Talk& operator=(const Talk&) = delete;

    bool connect() {
        DBusError error;
        bus_.error_init(&error);
        connection_ = bus_.bus_get_private(DBUS_BUS_SESSION, &error);
        bus_.error_free(&error);
        if (connection_ == nullptr) return false;
        bus_.connection_set_exit_on_disconnect(connection_, FALSE);
        for (const char* rule : {"type='signal',interface='org.freedesktop.portal.Settings',member='SettingChanged'",
                                 "type='signal',interface='org.freedesktop.Notifications',member='ActionInvoked'"})
            bus_.bus_add_match(connection_, rule, nullptr);  // without an error to fill in it does not wait
        for (std::size_t i = 0; i < kWishes.size(); ++i) wish_asked_[i] = ask_for(kWishes[i]);
        return true;
    }

    [[nodiscard]] int descriptor() const {
        int fd = -1;
        return bus_.connection_get_unix_fd(connection_, &fd) == TRUE ? fd : -1;
    }

    void show(const Notice& notice) {
        DBusMessage* call =
            bus_.message_new_method_call(kNotifications, "/org/freedesktop/Notifications", kNotifications, "Notify");
        if (call == nullptr) return;
        DBusMessageIter at;
        bus_.message_iter_init_append(call, &at);
        const dbus_uint32_t replaces = 0;
        const dbus_int32_t expires = -1;
        append(at, "ColorTouch");
        bus_.message_iter_append_basic(&at, DBUS_TYPE_UINT32, &replaces);
        append(at, "colortouch");
        append(at, notice.title.c_str());
        append(at, without_markup(notice.words).c_str());
        DBusMessageIter inside;
        bus_.message_iter_open_container(&at, DBUS_TYPE_ARRAY, "s", &inside);
        append(inside, "default");  // a click on the notification itself
        append(inside, "Open");
        bus_.message_iter_close_container(&at, &inside);
        append_hints(at);
        bus_.message_iter_append_basic(&at, DBUS_TYPE_INT32, &expires);
        const dbus_uint32_t serial = send(call);
        if (serial != 0) asked_.push_back(serial);
    }

    /// Takes what is there, without waiting. False: the bus is gone.
    bool listen(Heard& heard) {
        const bool connected = bus_.connection_read_write(connection_, 0) == TRUE;
        while (DBusMessage* message = bus_.connection_pop_message(connection_)) {
            hear(message, heard);
            bus_.message_unref(message);
        }
        return connected;
    }

  private:
    void append(DBusMessageIter& at, const char* words) const {
        bus_.message_iter_append_basic(&at, DBUS_TYPE_STRING, &words);
    }

    /// Which program it is, so that the desktop finds its name and icon.
    void append_hints(DBusMessageIter& at) const {
        DBusMessageIter hints, hint, value;
        bus_.message_iter_open_container(&at, DBUS_TYPE_ARRAY, "{sv}", &hints);
        bus_.message_iter_open_container(&hints, DBUS_TYPE_DICT_ENTRY, nullptr, &hint);
        append(hint, "desktop-entry");
        bus_.message_iter_open_container(&hint, DBUS_TYPE_VARIANT, "s", &value);
        append(value, "colortouch");
        bus_.message_iter_close_container(&hint, &value);
        bus_.message_iter_close_container(&hints, &hint);
        bus_.message_iter_close_container(&at, &hints);
    }

    /// The call's number, 0 when it was not sent. The message is given up.
    dbus_uint32_t send(DBusMessage* message) {
        dbus_uint32_t serial = 0;
        const bool sent = bus_.connection_send(connection_, message, &serial) == TRUE;
        if (sent) bus_.connection_flush(connection_);
        bus_.message_unref(message);
        return sent ? serial : 0;
    }

    dbus_uint32_t ask_for(const char* wish) {
        DBusMessage* call = bus_.message_new_method_call("org.freedesktop.portal.Desktop",
                                                         "/org/freedesktop/portal/desktop", kPortal, "Read");
        if (call == nullptr) return 0;
        DBusMessageIter at;
        bus_.message_iter_init_append(call, &at);
        append(at, kAppearance);
        append(at, wish);
        return send(call);
    }

    void hear(DBusMessage* message, Heard& heard) {
        const int type = bus_.message_get_type(message);
        DBusMessageIter at;
        const bool says_something = bus_.message_iter_init(message, &at) == TRUE;
        if (type == DBUS_MESSAGE_TYPE_METHOD_RETURN || type == DBUS_MESSAGE_TYPE_ERROR) {
            const dbus_uint32_t serial = bus_.message_get_reply_serial(message);
            const bool well = type == DBUS_MESSAGE_TYPE_METHOD_RETURN && says_something;
            const auto wish = std::find(wish_asked_.begin(), wish_asked_.end(), serial);
            if (wish != wish_asked_.end()) {
                if (well) hear_wish(at, heard.wishes[static_cast<std::size_t>(wish - wish_asked_.begin())]);
            } else if (std::erase(asked_, serial) > 0) {
                if (well)
                    shown_.push_back(number(at));
                else
                    heard.no_notices = true;
            }
        } else if (says_something && bus_.message_is_signal(message, kPortal, "SettingChanged") == TRUE) {
            if (words(at) != kAppearance || bus_.message_iter_next(&at) != TRUE) return;
            const auto wish = std::find(kWishes.begin(), kWishes.end(), words(at));
            if (wish == kWishes.end() || bus_.message_iter_next(&at) != TRUE) return;
            hear_wish(at, heard.wishes[static_cast<std::size_t>(wish - kWishes.begin())]);
        } else if (says_something && bus_.message_is_signal(message, kNotifications, "ActionInvoked") == TRUE) {
            heard.clicked = std::erase(shown_, number(at)) > 0 || heard.clicked;
        }
    }

    /// Within one variant or two.
    void hear_wish(DBusMessageIter at, Wish& wish) const {
        while (bus_.message_iter_get_arg_type(&at) == DBUS_TYPE_VARIANT) {
            DBusMessageIter inside;
            bus_.message_iter_recurse(&at, &inside);
            at = inside;
        }
        if (bus_.message_iter_get_arg_type(&at) == DBUS_TYPE_UINT32) wish = number(at);
    }

    [[nodiscard]] dbus_uint32_t number(DBusMessageIter& at) const {
        dbus_uint32_t value = 0;
        if (bus_.message_iter_get_arg_type(&at) == DBUS_TYPE_UINT32) bus_.message_iter_get_basic(&at, &value);
        return value;
    }
    [[nodiscard]] std::string_view words(DBusMessageIter& at) const {
        const char* value = "";
        if (bus_.message_iter_get_arg_type(&at) == DBUS_TYPE_STRING) bus_.message_iter_get_basic(&at, &value);
        return value;
    }

    const Library& bus_;
    DBusConnection* connection_ = nullptr;
    std::array<dbus_uint32_t, kWishes.size()> wish_asked_{};
    std::vector<dbus_uint32_t> asked_;  // calls of Notify, answer not yet seen
    std::vector<dbus_uint32_t> shown_;  // notifications that may be clicked
};

}  // namespace

struct SessionBus::Impl {
    explicit Impl(std::function<void()> wake_with) : wake(std::move(wake_with)), bell(::eventfd(0, EFD_CLOEXEC)) {
        if (bell < 0 || !bus_there()) return;
        usable = true;
        thread = std::thread([this] { run(); });
    }
    ~Impl() {
        stop = true;
        ring();
        if (thread.joinable()) thread.join();
        if (bell >= 0) ::close(bell);
    }
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;

    void ring() const {
        const std::uint64_t one = 1;
        [[maybe_unused]] const auto written = ::write(bell, &one, sizeof one);
    }

    void run() {
        Library library;
        Talk talk(library);
        if (!library.load() || !talk.connect()) {
            usable = false;
            for (const Notice& notice : take_waiting()) app::notify(notice.title, notice.words);
            return log::info("no session bus: the theme is as the settings say, and notifications go another way");
        }
        while (!stop) {
            for (const Notice& notice : take_waiting()) talk.show(notice);
            Talk::Heard heard;
            if (!talk.listen(heard)) break;
            tell(heard);
            std::array<pollfd, 2> on{{{talk.descriptor(), POLLIN, 0}, {bell, POLLIN, 0}}};
            ::poll(on.data(), on.size(), -1);
            if (on[1].revents == 0) continue;
            std::uint64_t count = 0;
            [[maybe_unused]] const auto got = ::read(bell, &count, sizeof count);
        }
        usable = false;
    }

    std::vector<Notice> take_waiting() {
        const std::scoped_lock guard(mutex);
        return std::exchange(waiting, {});
    }

    void tell(const Talk::Heard& heard) {
        if (heard.no_notices) shows_notices = false;
        bool news = heard.clicked;
        {
            const std::scoped_lock guard(mutex);
            for (std::size_t i = 0; i < wishes.size(); ++i) {
                if (!heard.wishes[i]) continue;
                wishes[i] = *heard.wishes[i];
                news = true;
            }
            clicked = clicked || heard.clicked;
        }
        if (news && wake) wake();
    }

    const std::function<void()> wake;
    const int bell;  // rung when there is something to show, or to end
    std::atomic<bool> stop = false, usable = false, shows_notices = true;
    mutable std::mutex mutex;
    std::vector<Notice> waiting;                         // guarded by mutex
    std::array<dbus_uint32_t, kWishes.size()> wishes{};  // guarded by mutex
    bool clicked = false;                                // guarded by mutex
    std::thread thread;
};

SessionBus::SessionBus(std::function<void()> wake) : impl_(std::make_unique<Impl>(std::move(wake))) {}
SessionBus::~SessionBus() = default;

bool SessionBus::notify(const std::string& title, const std::string& words) {
    if (!impl_->usable || !impl_->shows_notices) return false;
    {
        const std::scoped_lock guard(impl_->mutex);
        impl_->waiting.push_back({title, words});
    }
    impl_->ring();
    return true;
}

SessionBus::Wishes SessionBus::wishes() const {
    const std::scoped_lock guard(impl_->mutex);
    const auto [scheme, contrast] = impl_->wishes;
    Wishes all;
    if (scheme == 1 || scheme == 2) all.dark = scheme == 1;
    all.contrast = contrast == 1;
    return all;
}

bool SessionBus::take_clicked() {
    const std::scoped_lock guard(impl_->mutex);
    return std::exchange(impl_->clicked, false);
}

}  // namespace ct::app
