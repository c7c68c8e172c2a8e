// A string that takes one pointer where it is empty, and one block where it is not: for what there are millions of.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>
#include <utility>

namespace ct {

/// Up to 4 GiB. A copy has exactly the room that it needs. One thread at a time.
class SmallBytes {
  public:
    SmallBytes() = default;
    explicit SmallBytes(std::string_view bytes) { append(bytes); }
    SmallBytes(const SmallBytes& other) : SmallBytes(other.view()) {}
    SmallBytes(SmallBytes&& other) noexcept = default;
    SmallBytes& operator=(const SmallBytes& other) {
        if (this != &other) *this = SmallBytes(other.view());
        return *this;
    }
    SmallBytes& operator=(SmallBytes&& other) noexcept = default;
    ~SmallBytes() = default;

    [[nodiscard]] std::size_t size() const { return block_ ? head().size : 0; }
    [[nodiscard]] bool empty() const { return size() == 0; }
    [[nodiscard]] std::size_t capacity() const { return block_ ? head().capacity : 0; }
    [[nodiscard]] const char* data() const { return block_ ? block_.get() + sizeof(Head) : nullptr; }
    [[nodiscard]] std::string_view view() const { return {data(), size()}; }
    [[nodiscard]] char operator[](std::size_t at) const { return data()[at]; }
    [[nodiscard]] char& operator[](std::size_t at) { return room()[at]; }
    bool operator==(const SmallBytes& other) const { return view() == other.view(); }

    void reserve(std::size_t capacity) {
        if (capacity <= this->capacity()) return;
        std::unique_ptr<char[]> grown(new char[sizeof(Head) + capacity]);
        const Head head{static_cast<std::uint32_t>(size()), static_cast<std::uint32_t>(capacity)};
        std::memcpy(grown.get(), &head, sizeof head);
        if (head.size > 0) std::memcpy(grown.get() + sizeof head, data(), head.size);
        block_ = std::move(grown);
    }
    /// Keeps the room.
    void clear() {
        if (block_) set_size(0);
    }
    /// Makes `old_count` bytes at `at` into `new_count`, whose contents are the caller's to write.
    void open(std::size_t at, std::size_t old_count, std::size_t new_count) {
        const std::size_t tail = size() - at - old_count;
        const std::size_t wanted = at + new_count + tail;
        if (wanted > capacity()) reserve(capacity() == 0 ? wanted : wanted + wanted / 2);
        if (wanted == 0) return;
        if (tail > 0 && old_count != new_count) std::memmove(room() + at + new_count, room() + at + old_count, tail);
        set_size(wanted);
    }
    /// Not of its own bytes.
    void append(std::string_view bytes) {
        if (bytes.empty()) return;
        const std::size_t at = size();
        open(at, 0, bytes.size());
        std::memcpy(room() + at, bytes.data(), bytes.size());
    }

  private:
    struct Head {
        std::uint32_t size, capacity;
    };
    [[nodiscard]] Head head() const {
        Head head{};
        std::memcpy(&head, block_.get(), sizeof head);
        return head;
    }
    void set_size(std::size_t size) {
        const auto value = static_cast<std::uint32_t>(size);
        std::memcpy(block_.get() + offsetof(Head, size), &value, sizeof value);
    }
    [[nodiscard]] char* room() { return block_.get() + sizeof(Head); }

    std::unique_ptr<char[]> block_;  // a Head, then the bytes
};

}  // namespace ct
