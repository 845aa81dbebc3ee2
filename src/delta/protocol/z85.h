// Base85 in the alphabet of ZeroMQ's RFC 32 (Z85), which Delta uses for the UUIDs of vector files
// and for inline vectors. Source: PROTOCOL.md, "Deletion Vector Descriptor Schema".
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace salvor::delta {

// Four bytes for every five characters. kCorrupt for another length, a character outside the
// alphabet, or a group that means more than 32 bits.
Result<std::string> DecodeZ85(std::string_view text);
// kInvalidArgument unless the length is a multiple of four.
Result<std::string> EncodeZ85(std::string_view bytes);

using Uuid = std::array<uint8_t, 16>;

// "d2c639aa-8816-431a-aaf6-d3fe2512ff61" of twenty characters of Z85, and back.
Result<Uuid> DecodeUuid(std::string_view z85);
std::string EncodeUuid(const Uuid& uuid);
std::string FormatUuid(const Uuid& uuid);
// kCorrupt for anything but what FormatUuid gives; capital digits are taken too.
Result<Uuid> ParseUuid(std::string_view text);

// "deletion_vector_d2c639aa-8816-431a-aaf6-d3fe2512ff61.bin"
std::string VectorFileName(const Uuid& uuid);

}  // namespace salvor::delta
