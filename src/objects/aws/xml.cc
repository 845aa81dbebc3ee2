#include "objects/aws/xml.h"

#include <expat.h>

#include <limits>
#include <memory>
#include <type_traits>
#include <utility>

namespace salvor::objects::aws {
namespace {

constexpr size_t kMaxDepth = 16;
constexpr char kSeparator = '|';  // between namespace and name; no name has it

struct FreeParser {
  void operator()(XML_Parser parser) const { XML_ParserFree(parser); }
};
using Parser = std::unique_ptr<std::remove_pointer_t<XML_Parser>, FreeParser>;

struct Reading {
  XML_Parser parser = nullptr;
  Element root;                // stands above the document's own root
  std::vector<Element*> open;  // only the last one's children may grow: the others' stay in place
};

void XMLCALL Begin(void* data, const XML_Char* name, const XML_Char** /*attributes*/) {
  auto& reading = *static_cast<Reading*>(data);
  if (reading.open.size() > kMaxDepth) {
    XML_StopParser(reading.parser, XML_FALSE);
    return;
  }
  const std::string_view whole(name);
  const size_t separator = whole.rfind(kSeparator);
  Element element;
  element.name = whole.substr(separator == std::string_view::npos ? 0 : separator + 1);
  reading.open.back()->children.push_back(std::move(element));
  reading.open.push_back(&reading.open.back()->children.back());
}

void XMLCALL End(void* data, const XML_Char* /*name*/) {
  static_cast<Reading*>(data)->open.pop_back();
}

void XMLCALL Text(void* data, const XML_Char* text, int size) {
  static_cast<Reading*>(data)->open.back()->text.append(text, static_cast<size_t>(size));
}

void XMLCALL BeginDtd(void* data, const XML_Char* /*name*/, const XML_Char* /*system*/,
                      const XML_Char* /*public_id*/, int /*internal*/) {
  XML_StopParser(static_cast<Reading*>(data)->parser, XML_FALSE);
}

}  // namespace

const Element* Element::Find(std::string_view child) const {
  for (const Element& element : children) {
    if (element.name == child) return &element;
  }
  return nullptr;
}

const std::string& Element::TextOf(std::string_view child) const {
  static const std::string none;
  const Element* const found = Find(child);
  return found == nullptr ? none : found->text;
}

Result<Element> ParseXml(std::string_view bytes) {
  const Parser parser(XML_ParserCreateNS("UTF-8", kSeparator));
  if (parser == nullptr || bytes.size() > std::numeric_limits<int>::max()) {
    return Fail(Code::kInternal, "no room for an XML answer");
  }
  Reading reading;
  reading.parser = parser.get();
  reading.open.push_back(&reading.root);
  XML_SetUserData(parser.get(), &reading);
  XML_SetElementHandler(parser.get(), Begin, End);
  XML_SetCharacterDataHandler(parser.get(), Text);
  XML_SetStartDoctypeDeclHandler(parser.get(), BeginDtd);
  if (XML_Parse(parser.get(), bytes.data(), static_cast<int>(bytes.size()), XML_TRUE) !=
      XML_STATUS_OK) {
    return Fail(Code::kCorrupt, "the answer is not the XML that it should be");
  }
  return std::move(reading.root.children.front());
}

}  // namespace salvor::objects::aws
