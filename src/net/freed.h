// Objects of a C library in std::unique_ptr, let go by the function that the library has for it.
#pragma once

namespace ct::net {

/// std::unique_ptr<SSL, Freed<SSL_free>>
template <auto Release>
struct Freed {
    template <class T>
    void operator()(T* object) const {
        Release(object);
    }
};

}  // namespace ct::net
