#include <farmhash.h>

#include "testing/bigquery_server/googlesql/duck_function.h"
#include "testing/bigquery_server/googlesql/spelling.h"

namespace salvor::testing::bigquery::googlesql {
namespace {

constexpr int64_t kMostResultBytes = 1 << 20;

int64_t Fingerprint(Bytes bytes) {
  return static_cast<int64_t>(util::Fingerprint64(bytes.view.data(), bytes.view.size()));
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

bool ReadBool(std::string_view text) {
  const std::string upper = Upper(text);
  if (upper != "TRUE" && upper != "FALSE") Refuse("Bad bool value: " + std::string(text));
  return upper == "TRUE";
}

std::string Raise(std::string_view message) { Refuse(std::string(message)); }

}  // namespace

bool RegisterTextFunctions(duckdb_connection connection) {
  return RegisterScalar<&Fingerprint>(connection, "bq_fingerprint") &&
         RegisterScalar<&Repeat>(connection, "bq_repeat") &&
         RegisterScalar<&TextOfBytes>(connection, "bq_bytes_text") &&
         RegisterScalar<&ReadBool>(connection, "bq_text_bool") &&
         RegisterScalar<&Raise>(connection, "bq_error", true);
}

}  // namespace salvor::testing::bigquery::googlesql
