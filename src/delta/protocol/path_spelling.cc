#include "delta/protocol/path_spelling.h"

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "delta/protocol/action.h"

namespace salvor::delta {
namespace {

constexpr std::string_view kFileScheme = "file:";

// What may stand in a path, byte by byte (java.net.URI, "Legal components").
enum class Byte : char {
  kRaw,      // as it is
  kEscaped,  // as an escape only
  kSlash,
  kDot,
  kColon,
  kPercent,
  kLead,  // begins the UTF-8 of characters of which some must be escaped
};

constexpr std::array<Byte, 256> Bytes() {
  std::array<Byte, 256> bytes{};
  for (size_t i = 0; i < bytes.size(); ++i) {
    const bool is_word = (i >= '0' && i <= '9') || (i >= 'A' && i <= 'Z') || (i >= 'a' && i <= 'z');
    bytes[i] = is_word || i >= 0x80 ? Byte::kRaw : Byte::kEscaped;
  }
  for (const char c : std::string_view("_-!~'()*,;$&+=@"))
    bytes[static_cast<size_t>(c)] = Byte::kRaw;
  bytes['/'] = Byte::kSlash;
  bytes['.'] = Byte::kDot;
  bytes[':'] = Byte::kColon;
  bytes['%'] = Byte::kPercent;
  for (const size_t lead : {0xC2, 0xE1, 0xE2, 0xE3}) bytes[lead] = Byte::kLead;
  return bytes;
}
constexpr std::array<Byte, 256> kBytes = Bytes();

Byte KindOf(char c) { return kBytes[static_cast<unsigned char>(c)]; }

// The two digits after a '%', upper case only where `strict`; nothing if they are none.
std::optional<char> Escape(std::string_view text, size_t at, bool strict) {
  if (at + 2 >= text.size()) return std::nullopt;
  int value = 0;
  for (const char c : text.substr(at + 1, 2)) {
    if (c >= '0' && c <= '9') {
      value = value * 16 + (c - '0');
    } else if (c >= 'A' && c <= 'F') {
      value = value * 16 + (c - 'A' + 10);
    } else if (!strict && c >= 'a' && c <= 'f') {
      value = value * 16 + (c - 'a' + 10);
    } else {
      return std::nullopt;
    }
  }
  return static_cast<char>(value);
}

// Spaces and controls beyond ASCII (Character.isSpaceChar, isISOControl), whose UTF-8 starts here.
bool IsForbiddenLead(std::string_view text, size_t at) {
  const auto byte = [&](size_t i) -> unsigned {
    return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0U;
  };
  switch (byte(0)) {
    case 0xC2:  // U+0080 to U+00A0
      return byte(1) <= 0xA0;
    case 0xE1:  // U+1680
      return byte(1) == 0x9A && byte(2) == 0x80;
    case 0xE2:  // U+2000 to U+200A, U+2028, U+2029, U+202F, U+205F
      return (byte(1) == 0x80 &&
              (byte(2) <= 0x8A || byte(2) == 0xA8 || byte(2) == 0xA9 || byte(2) == 0xAF)) ||
             (byte(1) == 0x81 && byte(2) == 0x9F);
    case 0xE3:  // U+3000
      return byte(1) == 0x80 && byte(2) == 0x80;
    default:
      return false;
  }
}

// RFC 3986: ALPHA *( ALPHA / DIGIT / "+" / "-" / "." ), before the colon at `colon`.
bool IsScheme(std::string_view scheme) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  if (scheme.empty() || !is_letter(scheme[0])) return false;
  return std::all_of(scheme.begin(), scheme.end(), [&](char c) {
    return is_letter(c) || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
  });
}

// Where the first segment has a colon: java.net.URI takes what is before it for a scheme.
std::optional<std::string_view> SchemeOf(std::string_view path) {
  const size_t end = path.find_first_of(":/");
  if (end == std::string_view::npos || path[end] == '/') return std::nullopt;
  return path.substr(0, end);
}

bool IsUri(std::string_view path) {
  if (const auto scheme = SchemeOf(path); scheme && !IsScheme(*scheme)) return false;
  for (size_t i = 0; i < path.size(); ++i) {
    switch (KindOf(path[i])) {
      case Byte::kEscaped:  // '#' and '?' too: URI's they are, but not of a file
        return false;
      case Byte::kPercent:
        if (!Escape(path, i, false)) return false;
        break;
      case Byte::kLead:
        if (IsForbiddenLead(path, i)) return false;
        break;
      case Byte::kRaw:
      case Byte::kSlash:
      case Byte::kDot:
      case Byte::kColon:
        break;
    }
  }
  return true;
}

// java.net.URI.normalize, and Hadoop's Path, which it goes through: no empty step, no ".", and no
// ".." but at the start of a relative path.
std::string FoldSteps(std::string_view path) {
  const bool is_absolute = !path.empty() && path.front() == '/';
  std::vector<std::string_view> steps;
  for (size_t start = 0; start <= path.size();) {
    const size_t end = std::min(path.find('/', start), path.size());
    const std::string_view step = path.substr(start, end - start);
    start = end + 1;
    if (step.empty() || step == ".") continue;
    if (step == ".." && !steps.empty() && steps.back() != "..") {
      steps.pop_back();
    } else {
      steps.push_back(step);
    }
  }
  std::string folded;
  for (const std::string_view step : steps) {
    if (is_absolute || !folded.empty()) folded += '/';
    folded += step;
  }
  return folded;
}

std::string WithUpperEscapes(std::string text) {
  for (size_t i = 0; i + 2 < text.size(); ++i) {
    if (text[i] != '%') continue;
    for (size_t digit = i + 1; digit < i + 3; ++digit)
      if (text[digit] >= 'a' && text[digit] <= 'f')
        text[digit] = static_cast<char>(text[digit] - 32);
  }
  return text;
}

// The plain spelling of a decoded path.
std::string Encode(std::string_view decoded) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string text;
  for (size_t i = 0; i < decoded.size(); ++i) {
    const Byte kind = KindOf(decoded[i]);
    if (kind != Byte::kEscaped && kind != Byte::kPercent) {
      text += decoded[i];
      continue;
    }
    const auto byte = static_cast<unsigned char>(decoded[i]);
    text += '%';
    text += kDigits[byte >> 4U];
    text += kDigits[byte & 15U];
  }
  return text;
}

std::string FileText(std::string_view root, std::string_view path) {
  const auto local = LocalPath(root, path, true);
  if (!local) {
    // ".." is refused as a place to read from, but it may still mean a file of the table.
    const auto decoded = DecodeUri(path);
    const bool is_elsewhere = SchemeOf(path) && IsScheme(*SchemeOf(path));
    return decoded && !is_elsewhere ? Encode(FoldSteps(*decoded)) : std::string(path);
  }
  std::string folded = FoldSteps(*local);
  const std::string below = (root == "/" ? std::string() : std::string(root)) + "/";
  if (folded.rfind(below, 0) == 0) folded.erase(0, below.size());
  return Encode(folded);
}

}  // namespace

bool IsPlainSpelling(std::string_view path) {
  size_t step = 0;  // where the step begins that is looked at
  for (size_t i = 0; i < path.size(); ++i) {
    const Byte kind = KindOf(path[i]);
    if (kind == Byte::kRaw) continue;
    switch (kind) {
      case Byte::kSlash:
        if (i == step) return false;
        step = i + 1;
        break;
      case Byte::kDot:
        if (i == step) {
          const size_t end = std::min(path.find('/', i), path.size());
          if (end - i == 1 || (end - i == 2 && path[i + 1] == '.')) return false;
        }
        break;
      case Byte::kColon:
        if (step == 0) return false;
        break;
      case Byte::kPercent: {
        const auto decoded = Escape(path, i, true);
        if (!decoded) return false;
        const Byte hidden = KindOf(*decoded);
        if (*decoded == '\0' || (hidden != Byte::kEscaped && hidden != Byte::kPercent))
          return false;
        break;
      }
      case Byte::kLead:
        if (IsForbiddenLead(path, i)) return false;
        break;
      case Byte::kEscaped:
      case Byte::kRaw:
        return false;
    }
  }
  return step < path.size();
}

PathTexts TextsOf(std::string_view table_root, std::string_view path) {
  PathTexts texts;
  texts.is_uri = IsUri(path);
  const auto scheme = SchemeOf(path);
  const std::string_view rest = scheme ? path.substr(scheme->size() + 1) : path;
  const bool has_host = rest.substr(0, 2) == "//";
  if (!texts.is_uri) {
    texts.spark = path;
  } else if (scheme && has_host) {
    const size_t host = std::min(rest.find('/', 2), rest.size());
    texts.spark = std::string(*scheme) + ":" + std::string(rest.substr(0, host)) +
                  FoldSteps(rest.substr(host));
  } else if (scheme) {
    texts.spark = std::string(*scheme) + ":" + FoldSteps(rest);
  } else {
    const bool is_absolute = !path.empty() && path.front() == '/' && !has_host;
    texts.spark = (is_absolute ? "file://" : "") + (has_host ? std::string(path) : FoldSteps(path));
  }
  texts.folded = WithUpperEscapes(texts.spark);
  const std::string one_slash = std::string(kFileScheme) + "/";
  if (texts.folded.rfind(one_slash, 0) == 0 && texts.folded.rfind("file://", 0) != 0)
    texts.folded.insert(one_slash.size(), "//");
  texts.file = FileText(table_root, path);
  return texts;
}

}  // namespace salvor::delta
