#include "ticket/secret.h"

#include <algorithm>
#include <cstdint>
#include <string>

namespace salvor::ticket {
namespace {

constexpr size_t kTelling = 8;  // bytes of a secret that are worth hiding

std::string WithoutSpaceInSmallLetters(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (static_cast<unsigned char>(c) <= 0x20) continue;
    out += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  }
  return out;
}

bool Holds(std::string_view text, std::string_view secret) {
  const std::string haystack = WithoutSpaceInSmallLetters(text);
  const std::string needle = WithoutSpaceInSmallLetters(secret);
  const size_t size = std::min(needle.size(), kTelling);
  for (size_t at = 0; size > 0 && at + size <= needle.size(); ++at) {
    if (haystack.find(needle.substr(at, size)) != std::string::npos) return true;
  }
  return false;
}

// -1: no digit of base64.
int DigitOf(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+' || c == '-') return 62;
  return c == '/' || c == '_' ? 63 : -1;
}

// The bytes of every run of digits, where the first begins after `skipped` of them.
std::string Decoded(std::string_view text, size_t skipped) {
  std::string bytes;
  uint32_t bits = 0;
  size_t digits = 0;
  for (const char c : text) {
    if (static_cast<unsigned char>(c) <= 0x20) continue;
    const int digit = DigitOf(c);
    if (digit < 0) {
      digits = 0;
      continue;
    }
    bits = (bits << 6U) | static_cast<uint32_t>(digit);
    const size_t place = digits++ < skipped ? 0 : (digits - skipped - 1) % 4;
    if (place > 0) bytes += static_cast<char>((bits >> (6 - 2 * place)) & 0xFFU);
  }
  return bytes;
}

}  // namespace

bool GivesAway(std::string_view text, std::string_view secret) {
  if (Holds(text, secret)) return true;
  // Where a group of four begins is not known: words may stand before it without a break.
  for (size_t skipped = 0; skipped < 4; ++skipped) {
    if (Holds(Decoded(text, skipped), secret)) return true;
  }
  return false;
}

}  // namespace salvor::ticket
