#include "delta/protocol/z85.h"

#include <algorithm>
#include <charconv>
#include <limits>

namespace salvor::delta {

namespace {

constexpr std::string_view kAlphabet =
    "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";
static_assert(kAlphabet.size() == 85);

constexpr uint8_t kNoDigit = 0xff;

constexpr std::array<uint8_t, 256> MakeDigits() {
  std::array<uint8_t, 256> digits{};
  digits.fill(kNoDigit);
  for (size_t i = 0; i < kAlphabet.size(); ++i) {
    digits[static_cast<uint8_t>(kAlphabet[i])] = static_cast<uint8_t>(i);
  }
  return digits;
}

constexpr std::array<uint8_t, 256> kDigits = MakeDigits();

}  // namespace

Result<std::string> DecodeZ85(std::string_view text) {
  if (text.size() % 5 != 0) {
    return Fail(Code::kCorrupt, "base85 text of " + std::to_string(text.size()) +
                                    " characters, which is not a multiple of five");
  }
  std::string bytes;
  bytes.reserve(text.size() / 5 * 4);
  for (size_t i = 0; i < text.size(); i += 5) {
    uint64_t group = 0;
    for (const char c : text.substr(i, 5)) {
      const uint8_t digit = kDigits[static_cast<uint8_t>(c)];
      if (digit == kNoDigit) return Fail(Code::kCorrupt, "base85 text with a foreign character");
      group = group * 85 + digit;
    }
    if (group > std::numeric_limits<uint32_t>::max()) {
      return Fail(Code::kCorrupt, "base85 text with a group of over 32 bits");
    }
    for (const unsigned shift : {24U, 16U, 8U, 0U}) {
      bytes += static_cast<char>(static_cast<uint8_t>(group >> shift));
    }
  }
  return bytes;
}

Result<std::string> EncodeZ85(std::string_view bytes) {
  if (bytes.size() % 4 != 0) {
    return Fail(Code::kInvalidArgument,
                "base85 takes a multiple of four bytes, not " + std::to_string(bytes.size()));
  }
  std::string text;
  text.reserve(bytes.size() / 4 * 5);
  for (size_t i = 0; i < bytes.size(); i += 4) {
    uint32_t group = 0;
    for (const char c : bytes.substr(i, 4)) group = group << 8U | static_cast<uint8_t>(c);
    for (const uint32_t weight : {85U * 85U * 85U * 85U, 85U * 85U * 85U, 85U * 85U, 85U, 1U}) {
      text += kAlphabet[group / weight % 85];
    }
  }
  return text;
}

Result<Uuid> DecodeUuid(std::string_view z85) {
  if (z85.size() != 20) {
    return Fail(Code::kCorrupt, "a vector file's UUID is 20 characters of base85, not " +
                                    std::to_string(z85.size()));
  }
  SALVOR_TRY(const std::string bytes, DecodeZ85(z85));
  Uuid uuid{};
  std::copy(bytes.begin(), bytes.end(), uuid.begin());
  return uuid;
}

std::string EncodeUuid(const Uuid& uuid) {
  // Sixteen bytes are a multiple of four, so this cannot fail.
  return EncodeZ85({reinterpret_cast<const char*>(uuid.data()), uuid.size()}).value_or("");
}

std::string FormatUuid(const Uuid& uuid) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string text;
  for (size_t i = 0; i < uuid.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += kHex[uuid[i] >> 4U];
    text += kHex[uuid[i] & 15U];
  }
  return text;
}

Result<Uuid> ParseUuid(std::string_view text) {
  std::string digits;
  bool whole = text.size() == 36;
  for (size_t i = 0; whole && i < text.size(); ++i) {
    if (i == 8 || i == 13 || i == 18 || i == 23) {
      whole = text[i] == '-';
    } else {
      digits += text[i];
    }
  }
  Uuid uuid{};
  for (size_t i = 0; whole && i < uuid.size(); ++i) {
    const char* const end = digits.data() + 2 * i + 2;
    const auto [stop, error] = std::from_chars(end - 2, end, uuid[i], 16);
    whole = error == std::errc() && stop == end;
  }
  if (!whole) return Fail(Code::kCorrupt, "no UUID");
  return uuid;
}

std::string VectorFileName(const Uuid& uuid) {
  return "deletion_vector_" + FormatUuid(uuid) + ".bin";
}

}  // namespace salvor::delta
