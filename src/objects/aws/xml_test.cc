#include "objects/aws/xml.h"

#include <gtest/gtest.h>

#include <string>

namespace salvor::objects::aws {
namespace {

TEST(Xml, ElementsHaveTextAndChildren) {
  const auto root = ParseXml(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<R xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><K>a&amp;b&#xe4;</K><K>2</K><E/></R>");
  ASSERT_TRUE(root) << root.error().Message();
  EXPECT_EQ(root->name, "R");
  EXPECT_EQ(root->children.size(), 3U);
  EXPECT_EQ(root->TextOf("K"), "a&b\xc3\xa4");
  EXPECT_EQ(root->TextOf("E"), "");
  EXPECT_EQ(root->TextOf("absent"), "");
  EXPECT_EQ(root->Find("absent"), nullptr);
}

TEST(Xml, WhatIsNotWholeIsCorrupt) {
  for (const char* const text : {"", "<R>", "<R></S>", "not xml", "<R>&unknown;</R>", "<R/><R/>"}) {
    const auto root = ParseXml(text);
    ASSERT_FALSE(root) << text;
    EXPECT_EQ(root.error().code, Code::kCorrupt);
  }
}

TEST(Xml, ADocumentTypeIsRefused) {
  EXPECT_FALSE(ParseXml("<!DOCTYPE r [<!ENTITY a \"b\">]><r>&a;</r>"));
}

TEST(Xml, DepthIsBounded) {
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += "<a>";
  EXPECT_FALSE(ParseXml(deep));
}

}  // namespace
}  // namespace salvor::objects::aws
