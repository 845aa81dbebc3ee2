// XML as AWS's services answer it: elements with text, no attributes that matter.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace salvor::objects::aws {

struct Element {
  std::string name;  // without its namespace
  std::string text;  // its own, of all pieces
  std::vector<Element> children;

  // The first child of that name; null if there is none.
  [[nodiscard]] const Element* Find(std::string_view child) const;
  // Its text; "" if there is none.
  [[nodiscard]] const std::string& TextOf(std::string_view child) const;
};

// The root of a document. kCorrupt for what is not well-formed, has a DTD, or nests deeper than
// answers do. Errors repeat nothing of it.
Result<Element> ParseXml(std::string_view bytes);

}  // namespace salvor::objects::aws
