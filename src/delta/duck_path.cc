#include "delta/duck_path.h"

#include "delta/duck.h"

namespace salvor::delta {

std::string QuotePath(std::string_view path) {
  std::string plain;
  for (const char c : path) {
    if (c == '*' || c == '?' || c == '[') {
      plain += std::string("[") + c + "]";
    } else {
      plain += c;
    }
  }
  return QuoteLiteral(plain);
}

}  // namespace salvor::delta
