#include <farmhash.h>
#include <openssl/sha.h>

#include <algorithm>

#include "testing/bigquery_server/googlesql/duck_function.h"
#include "testing/bigquery_server/googlesql/spelling.h"

namespace salvor::testing::bigquery::googlesql {
namespace {

constexpr int64_t kMostResultBytes = 1 << 20;

int64_t Fingerprint(Bytes bytes) {
  return static_cast<int64_t>(util::Fingerprint64(bytes.view.data(), bytes.view.size()));
}

// Where the characters of a text begin, and its end.
std::vector<size_t> Boundaries(std::string_view text) {
  std::vector<size_t> at;
  for (size_t i = 0; i < text.size(); ++i) {
    if ((static_cast<unsigned char>(text[i]) & 0xC0U) != 0x80U) at.push_back(i);
  }
  at.push_back(text.size());
  return at;
}

// SUBSTR: position 1 is the first, 0 as well, -1 the last; what lies before the begin is the begin.
std::pair<int64_t, int64_t> Span(int64_t size, int64_t position, int64_t length) {
  if (length < 0) Refuse("Third argument in SUBSTR() cannot be negative");
  int64_t begin = position > 0 ? position - 1 : 0;
  if (position < 0 && position >= -size) begin = size + position;
  begin = std::min(begin, size);
  return {begin, length > size - begin ? size : begin + length};
}

std::string Substring(std::string_view text, int64_t position, int64_t length) {
  const std::vector<size_t> at = Boundaries(text);
  const auto [begin, end] = Span(static_cast<int64_t>(at.size()) - 1, position, length);
  const size_t from = at[static_cast<size_t>(begin)];
  return std::string(text.substr(from, at[static_cast<size_t>(end)] - from));
}

OwnBytes SubstringOfBytes(Bytes bytes, int64_t position, int64_t length) {
  const auto [begin, end] = Span(static_cast<int64_t>(bytes.view.size()), position, length);
  return OwnBytes{
      std::string(bytes.view.substr(static_cast<size_t>(begin), static_cast<size_t>(end - begin)))};
}

std::string Replace(std::string_view text, std::string_view from, std::string_view to) {
  std::string made;
  if (from.empty()) return std::string(text);
  for (size_t at = 0;;) {
    const size_t found = text.find(from, at);
    made += text.substr(at, found - at);
    if (found == std::string_view::npos) return made;
    made += to;
    at = found + from.size();
  }
}

std::string Reverse(std::string_view text) {
  const std::vector<size_t> at = Boundaries(text);
  std::string made;
  for (size_t i = at.size() - 1; i > 0; --i) made += text.substr(at[i - 1], at[i] - at[i - 1]);
  return made;
}

std::string Pad(std::string_view text, int64_t length, std::string_view with, bool left) {
  if (length < 0) Refuse("Second argument (output size) for LPAD/RPAD cannot be negative");
  if (with.empty()) Refuse("Third argument (pad pattern) for LPAD/RPAD cannot be empty");
  if (length > kMostResultBytes)
    Refuse("Output of LPAD/RPAD exceeds max allowed output size of 1MB");
  const std::vector<size_t> at = Boundaries(text);
  const auto have = static_cast<int64_t>(at.size()) - 1;
  if (have >= length) return std::string(text.substr(0, at[static_cast<size_t>(length)]));
  const std::vector<size_t> pads = Boundaries(with);
  std::string padding;
  for (int64_t i = 0; i < length - have; ++i) {
    const size_t k = static_cast<size_t>(i) % (pads.size() - 1);
    padding += with.substr(pads[k], pads[k + 1] - pads[k]);
  }
  return left ? padding + std::string(text) : std::string(text) + padding;
}

std::string Repeat(std::string_view text, int64_t count) {
  if (count < 0) Refuse("Second argument in REPEAT cannot be negative");
  if (count > kMostResultBytes || static_cast<int64_t>(text.size()) * count > kMostResultBytes) {
    Refuse("Output of REPEAT exceeds max allowed output size of 1MB");
  }
  std::string made;
  for (int64_t i = 0; i < count; ++i) made += text;
  return made;
}

std::string TextOfBytes(Bytes bytes) {
  if (!IsUtf8(bytes.view)) Refuse("Invalid cast of bytes to UTF8 string");
  return std::string(bytes.view);
}

std::string SafeTextOfBytes(Bytes bytes) {
  std::string made;
  for (size_t at = 0; at < bytes.view.size();) {
    size_t length = 1;
    while (length <= 4 && !IsUtf8(bytes.view.substr(at, length))) ++length;
    if (length > 4 || at + length > bytes.view.size()) {
      made += "\xEF\xBF\xBD";
      ++at;
    } else {
      made += bytes.view.substr(at, length);
      at += length;
    }
  }
  return made;
}

OwnBytes FromHex(std::string_view text) {
  const std::string padded = (text.size() % 2 == 1 ? "0" : "") + std::string(text);
  OwnBytes made;
  for (size_t i = 0; i < padded.size(); i += 2) {
    unsigned byte = 0;
    for (const char c : padded.substr(i, 2)) {
      const size_t digit = std::string_view("0123456789abcdef")
                               .find(static_cast<char>(c >= 'A' && c <= 'F' ? c + 32 : c));
      if (digit == std::string_view::npos) Refuse("Failed to decode invalid hexadecimal string");
      byte = byte * 16 + static_cast<unsigned>(digit);
    }
    made.bytes += static_cast<char>(byte);
  }
  return made;
}

OwnBytes FromBase64(std::string_view text) {
  std::optional<std::string> bytes = ReadBase64(text);
  if (!bytes) Refuse("Failed to decode invalid base64 string");
  return OwnBytes{std::move(*bytes)};
}

OwnBytes Sha512(Bytes bytes) {
  unsigned char digest[SHA512_DIGEST_LENGTH];
  SHA512(reinterpret_cast<const unsigned char*>(bytes.view.data()), bytes.view.size(), digest);
  return OwnBytes{std::string(reinterpret_cast<const char*>(digest), sizeof digest)};
}

bool ReadBool(std::string_view text) {
  const std::string upper = Upper(text);
  if (upper != "TRUE" && upper != "FALSE") Refuse("Bad bool value: " + std::string(text));
  return upper == "TRUE";
}

std::string Raise(std::string_view message) { Refuse(std::string(message)); }

std::string ParseJson(std::string_view text) {
  if (!IsJson(text)) Refuse("Invalid input to PARSE_JSON");
  return NormalJson(text);
}

}  // namespace

bool RegisterTextFunctions(duckdb_connection connection) {
  return RegisterScalar<&Fingerprint>(connection, "bq_fingerprint") &&
         RegisterScalar<&Substring>(connection, "bq_substr") &&
         RegisterScalar<&SubstringOfBytes>(connection, "bq_substr_bytes") &&
         RegisterScalar<&Replace>(connection, "bq_replace") &&
         RegisterScalar<&Reverse>(connection, "bq_reverse") &&
         RegisterScalar<&Pad>(connection, "bq_pad") &&
         RegisterScalar<&Repeat>(connection, "bq_repeat") &&
         RegisterScalar<&TextOfBytes>(connection, "bq_bytes_text") &&
         RegisterScalar<&SafeTextOfBytes>(connection, "bq_safe_text") &&
         RegisterScalar<&FromHex>(connection, "bq_from_hex") &&
         RegisterScalar<&FromBase64>(connection, "bq_from_base64") &&
         RegisterScalar<&Sha512>(connection, "bq_sha512") &&
         RegisterScalar<&ReadBool>(connection, "bq_text_bool") &&
         RegisterScalar<&ParseJson>(connection, "bq_parse_json") &&
         RegisterScalar<&Raise>(connection, "bq_error", true);
}

}  // namespace salvor::testing::bigquery::googlesql
