#include "http/url.h"

#include <gtest/gtest.h>

#include <string>

namespace salvor::http {
namespace {

TEST(ParseUrl, TakesAUrlApart) {
  auto url = ParseUrl("HTTPS://Example.COM:8443/a%20b?token=secret#part");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->scheme, "https");
  EXPECT_EQ(url->host, "example.com");
  EXPECT_EQ(url->port, "8443");
  EXPECT_EQ(url->path, "/a%20b");
  EXPECT_EQ(url->ForMessages(), "https://example.com:8443/a%20b");
  EXPECT_EQ(ParseUrl("http://a")->path, "/");
  EXPECT_EQ(ParseUrl("http://[::1]:80/x")->host, "::1");
  EXPECT_EQ(ParseUrl("http://[::1]:80/x")->ForMessages(), "http://[::1]:80/x");
}

TEST(ParseUrl, RefusesWhatIsNoPlainWebAddress) {
  for (const std::string text :
       {"", "a", "/a", "//host/a", "host/a", "ftp://host/", "file:///etc/passwd", "https://",
        "https:///a", "https://u@host/", "https://u:p@host/", "https://host/a b", "https://host/\n",
        "https://host:99999/", "gopher://host/"}) {
    EXPECT_FALSE(ParseUrl(text)) << text;
  }
  EXPECT_FALSE(ParseUrl(std::string("https://a\0.b/", 13)));
  EXPECT_FALSE(ParseUrl("https://host/" + std::string(20'000, 'a')));
}

TEST(Url, LoopbackIsThisMachineAndNothingThatLooksLikeIt) {
  for (const char* const host : {"localhost", "LOCALHOST", "127.0.0.1", "127.9.8.7", "[::1]"}) {
    EXPECT_TRUE(ParseUrl("http://" + std::string(host) + ":1/")->IsLoopback()) << host;
  }
  for (const char* const host : {"localhost.example.com", "127.0.0.1.example.com", "128.0.0.1",
                                 "10.0.0.1", "[::2]", "example.com", "0.0.0.0"}) {
    EXPECT_FALSE(ParseUrl("http://" + std::string(host) + ":1/")->IsLoopback()) << host;
  }
}

TEST(Escape, LeavesOnlyUnreservedCharacters) {
  EXPECT_EQ(Escape("aZ09-._~"), "aZ09-._~");
  EXPECT_EQ(Escape(std::string("/?&=+ $\xc3\xa9\0", 10)), "%2F%3F%26%3D%2B%20%24%C3%A9%00");
}

TEST(FormatQuery, JoinsEscapedFields) {
  EXPECT_EQ(FormatQuery({{"a", "1&b=2"}, {"c d", ""}}), "a=1%26b%3D2&c%20d=");
  EXPECT_EQ(FormatQuery({}), "");
}

}  // namespace
}  // namespace salvor::http
