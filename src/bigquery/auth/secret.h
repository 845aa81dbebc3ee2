// Text that does not outlive its use.
#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace salvor::bigquery::auth {

// Overwrites the characters; copies that were made elsewhere stay.
void Wipe(std::string& text);

// Wipes itself when it goes. Best effort: the kernel, libcurl and the disk's cache keep copies of
// their own.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string text) : text_(std::move(text)) {}
  Secret(const Secret&) = default;
  Secret(Secret&& other) noexcept { text_.swap(other.text_); }
  Secret& operator=(Secret other) noexcept {
    text_.swap(other.text_);
    return *this;
  }
  ~Secret() { Wipe(text_); }

  [[nodiscard]] const std::string& Reveal() const { return text_; }
  [[nodiscard]] bool Empty() const { return text_.empty(); }

 private:
  std::string text_;
};

// Base64 (RFC 4648, section 4), and its form for URLs without padding (section 5).
std::string Base64(std::string_view bytes);
std::string Base64Url(std::string_view bytes);

}  // namespace salvor::bigquery::auth
