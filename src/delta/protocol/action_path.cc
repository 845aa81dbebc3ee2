// Where the files of log entries lie. Everything here is judged by its text; symbolic links are the
// checked where the file is opened or linked.

#include <algorithm>
#include <cctype>

#include "delta/protocol/action.h"
#include "delta/protocol/z85.h"

namespace salvor::delta {
namespace {

constexpr std::string_view kFileScheme = "file:";

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// RFC 3986: ALPHA *( ALPHA / DIGIT / "+" / "-" / "." ) ":"; before any slash.
bool HasScheme(std::string_view path) {
  const size_t colon = path.find(':');
  if (colon == std::string_view::npos || colon == 0) return false;
  if (std::isalpha(static_cast<unsigned char>(path[0])) == 0) return false;
  return std::all_of(path.begin(), path.begin() + static_cast<std::ptrdiff_t>(colon), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '+' || c == '-' || c == '.';
  });
}

void CollapseSlashes(std::string& path) {
  path.erase(
      std::unique(path.begin(), path.end(), [](char a, char b) { return a == '/' && b == '/'; }),
      path.end());
}

bool HasParentStep(std::string_view path) {
  size_t start = 0;
  while (start <= path.size()) {
    const size_t end = std::min(path.find('/', start), path.size());
    if (path.substr(start, end - start) == "..") return true;
    start = end + 1;
  }
  return false;
}

std::string_view WithoutTrailingSlash(std::string_view root) {
  while (root.size() > 1 && root.back() == '/') root.remove_suffix(1);
  return root;
}

bool LiesBelow(std::string_view root, std::string_view absolute) {
  if (root.empty()) return false;
  if (root == "/") return true;
  return absolute.size() > root.size() + 1 && absolute.substr(0, root.size()) == root &&
         absolute[root.size()] == '/';
}

}  // namespace

Result<std::string> DecodeUri(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '%') {
      const int high = i + 2 < text.size() ? HexDigit(text[i + 1]) : -1;
      const int low = i + 2 < text.size() ? HexDigit(text[i + 2]) : -1;
      if (high < 0 || low < 0)
        return Fail(Code::kCorrupt, "a broken percent escape in path '" + std::string(text) + "'");
      c = static_cast<char>(high * 16 + low);
      i += 2;
    }
    if (c == '\0') return Fail(Code::kCorrupt, "a NUL byte in path '" + std::string(text) + "'");
    decoded += c;
  }
  return decoded;
}

Result<std::string> LocalPath(std::string_view table_root, std::string_view path,
                              bool allow_outside) {
  const std::string where(path);
  const std::string_view root = WithoutTrailingSlash(table_root);
  const bool is_file = path.substr(0, kFileScheme.size()) == kFileScheme;
  if (!is_file && HasScheme(path))
    return Fail(Code::kRefused, "the log names a file on another file system", where);
  if (is_file) path.remove_prefix(kFileScheme.size());
  SALVOR_TRY(std::string decoded, DecodeUri(path));
  if (is_file && decoded.substr(0, 2) == "//" && decoded.substr(0, 3) != "///" &&
      decoded.substr(0, 12) != "//localhost/")
    return Fail(Code::kRefused, "the log names a file on another host", where);
  CollapseSlashes(decoded);
  if (decoded.empty() || decoded == "/" || decoded.back() == '/')
    return Fail(Code::kRefused, "the log names a folder where a file must be", where);
  if (HasParentStep(decoded))
    return Fail(Code::kRefused, "the log names a file through '..'", where);
  if (decoded[0] != '/') return std::string(root) + (root == "/" ? "" : "/") + decoded;
  if (!allow_outside && !LiesBelow(root, decoded))
    return Fail(Code::kRefused, "the log names a file outside the table's folder", where);
  return decoded;
}

Result<std::string> VectorPath(std::string_view table_root, const DeletionVector& vector,
                               bool allow_outside) {
  if (vector.storage_type == "i")
    return Fail(Code::kInvalidArgument, "an inline deletion vector has no file");
  if (vector.storage_type == "p")
    return LocalPath(table_root, vector.path_or_inline, allow_outside);
  constexpr size_t kEncodedUuid = 20;
  const std::string_view text = vector.path_or_inline;
  if (vector.storage_type != "u" || text.size() < kEncodedUuid)
    return Fail(Code::kCorrupt, "a deletion vector without a valid place", std::string(text));
  const std::string_view folder = text.substr(0, text.size() - kEncodedUuid);
  if (!std::all_of(folder.begin(), folder.end(), [](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-';
      }))
    return Fail(Code::kRefused, "a deletion vector names a folder in a way no writer does",
                std::string(text));
  auto uuid = DecodeUuid(text.substr(text.size() - kEncodedUuid));
  if (!uuid) return Fail(std::move(uuid).error().At(std::string(text)));
  std::string path(WithoutTrailingSlash(table_root));
  if (!folder.empty()) path.append("/").append(folder);
  return path + "/" + VectorFileName(*uuid);
}

}  // namespace salvor::delta
