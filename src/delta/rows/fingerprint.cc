#include "delta/rows/fingerprint.h"

#include <algorithm>
#include <utility>

#include "base/digest.h"

namespace salvor::delta {

namespace {

uint64_t HexNumber(std::string_view digits) {
  uint64_t value = 0;
  for (const char c : digits) {
    value = value << 4U | static_cast<uint64_t>(c <= '9' ? c - '0' : c - 'a' + 10);
  }
  return value;
}

std::string FormatUnsigned(Unsigned128 value) {
  std::string digits;
  do {
    digits += static_cast<char>('0' + static_cast<int>(value % 10));
    value /= 10;
  } while (value != 0);
  std::reverse(digits.begin(), digits.end());
  return digits;
}

}  // namespace

std::string KeyText(const model::PartitionKey& key) {
  std::string text;
  for (const auto& value : key.values) {
    text += value ? std::to_string(value->size()) + ":" + *value + ";" : "-;";
  }
  return text;
}

void RowDigest::Add(const RowDigest& other) {
  rows += other.rows;
  sum += other.sum;
  exclusive_or ^= other.exclusive_or;
}

void FingerprintBuilder::Add(const model::PartitionKey& key, const RowDigest& digest) {
  by_partition_[KeyText(key)].Add(digest);
}

model::Fingerprint FingerprintBuilder::Finish(std::string algorithm) const {
  RowDigest total;
  for (const auto& [key, digest] : by_partition_) {
    if (digest.rows == 0) continue;
    if (key.empty()) {
      total.Add(digest);
      continue;
    }
    Sha256 mixer;
    for (const std::string& field : {key, std::to_string(digest.rows), FormatUnsigned(digest.sum),
                                     std::to_string(digest.exclusive_or)}) {
      mixer.UpdateField(field);
    }
    const std::string hex = mixer.FinishHex();
    const std::string_view digits = hex;
    total.Add(
        {digest.rows,
         Unsigned128{HexNumber(digits.substr(0, 16))} << 64U | HexNumber(digits.substr(16, 16)),
         HexNumber(digits.substr(32, 16))});
  }
  return {total.rows, FormatUnsigned(total.sum), std::to_string(total.exclusive_or),
          std::move(algorithm)};
}

}  // namespace salvor::delta
