// The rules of architecture.md, looked at from outside: by SQL on the server's file, by what people were told, by what
// passed over the wire. Nothing here drives the simulation.
#pragma once

#include <string>

namespace ct::sim {

class Laptop;
class World;

/// At any moment, of a laptop that runs: rules 1 and 6, the engine's promise, the window's view against the store.
/// Empty, or what is broken.
[[nodiscard]] std::string check_laptop(World& world, Laptop& laptop);

/// Before people decide anything: nothing but what waits for them is left in a queue (rule 5).
[[nodiscard]] std::string check_held_back(Laptop& laptop);

/// When everything has settled: rules 2, 3 and 4, and that nothing crossed from one workspace into another.
[[nodiscard]] std::string check_world(World& world);

/// What the server received of a record, for the report of a failure.
[[nodiscard]] std::string history(World& world, const std::string& record);

}  // namespace ct::sim
