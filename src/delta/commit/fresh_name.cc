#include "delta/commit/fresh_name.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/digest.h"

namespace salvor::delta {
namespace {

bool IsPlain(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

std::string_view NameIn(std::string_view path) {
  const size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

// Readers choose by extension; anything unusual behind the last dot becomes the usual one.
std::string_view ExtensionOf(std::string_view path) {
  const std::string_view name = NameIn(path);
  const size_t dot = name.rfind('.');
  if (dot == std::string_view::npos) return ".parquet";
  const std::string_view extension = name.substr(dot);
  const std::string_view letters = extension.substr(1);
  const bool usual = !letters.empty() && letters.size() <= 8 &&
                     std::all_of(letters.begin(), letters.end(), IsPlain);
  return usual ? extension : ".parquet";
}

std::string StagedMark(std::string_view plan_digest) {
  return fmt::format("-{}.", plan_digest.substr(0, 12));
}

}  // namespace

std::string FreshPrefix(std::string_view operation_key) {
  return fmt::format("salvor-{}-", operation_key.substr(0, 16));
}

std::string FreshPath(std::string_view old_path, std::string_view operation_key, size_t index) {
  const std::string_view name = NameIn(old_path);
  const std::string_view folder = old_path.substr(0, old_path.size() - name.size());
  return fmt::format("{}{}{:05}{}", folder, FreshPrefix(operation_key), index,
                     ExtensionOf(old_path));
}

bool IsFreshPath(std::string_view path, std::string_view operation_key) {
  return NameIn(path).starts_with(FreshPrefix(operation_key));
}

std::string StagedName(std::string_view old_path, std::string_view plan_digest, size_t index) {
  const std::string_view extension = ExtensionOf(old_path);
  return fmt::format("part-{:05}{}{}", index, StagedMark(plan_digest), extension.substr(1));
}

bool IsStagedName(std::string_view name, std::string_view plan_digest) {
  if (name.starts_with(fmt::format("deletion_vector_{}-", plan_digest.substr(0, 8)))) {
    return name.ends_with(".bin");
  }
  constexpr std::string_view kCopied = "copied-";
  if (name.starts_with(kCopied)) name.remove_prefix(kCopied.size());
  return name.starts_with("part-") && name.find(StagedMark(plan_digest)) != std::string_view::npos;
}

Uuid DerivedUuid(std::string_view key, size_t index) {
  const std::string hex = Sha256Hex(fmt::format("{}:vector:{}", key, index));
  const std::string_view digits = hex;
  // Version 8 (custom) of RFC 9562, with its variant bits. A key is a digest, so this is a UUID.
  return ParseUuid(fmt::format("{}-{}-8{}-a{}-{}", key.substr(0, 8), digits.substr(8, 4),
                               digits.substr(13, 3), digits.substr(17, 3), digits.substr(20, 12)))
      .value_or(Uuid{});
}

}  // namespace salvor::delta
