#include "http/curl_client.h"

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "http/raw_server_test.h"
#include "http/web_server_test.h"

namespace salvor::http {
namespace {

Code CodeOf(const Result<Response>& result) {
  return result ? Code::kInternal : result.error().code;
}

TEST(CurlClient, SendsMethodHeadersAndBody) {
  httplib::Request seen;
  WebServer server([&](httplib::Server& routes) {
    routes.Patch("/a", [&](const httplib::Request& request, httplib::Response& response) {
      seen = request;
      response.status = 412;
      response.set_header("X-Answer", "here");
      response.set_content("said", "text/plain");
    });
  });
  CurlClient client{CurlOptions{}};
  auto response = client.Send(
      {"PATCH", server.Url("/a?b=c"), {{"Authorization", "Bearer t"}}, std::string("bo\0dy", 5)});
  ASSERT_TRUE(response) << response.error().Message();
  EXPECT_EQ(response->status, 412);
  EXPECT_EQ(response->Get("x-answer"), "here");
  EXPECT_EQ(response->body, "said");
  EXPECT_EQ(seen.method, "PATCH");
  EXPECT_EQ(seen.get_param_value("b"), "c");
  EXPECT_EQ(seen.body, std::string("bo\0dy", 5));
  EXPECT_EQ(seen.get_header_value("Authorization"), "Bearer t");
  EXPECT_FALSE(seen.has_header("Content-Type"));
  EXPECT_FALSE(seen.has_header("Expect"));
  EXPECT_EQ(seen.get_header_value("User-Agent").substr(0, 7), "salvor/");
}

TEST(CurlClient, SendsAnEmptyHeaderAndNoneOfItsOwn) {
  RawServer server({RawServer::Ok()});
  ASSERT_TRUE(CurlClient(CurlOptions{}).Send({"POST", server.Url(), {{"X-Empty", ""}}, "b"}));
  EXPECT_NE(server.Text().find("\r\nX-Empty:\r\n"), std::string::npos);
  EXPECT_EQ(server.Text().find("Expect"), std::string::npos);
  EXPECT_EQ(server.Text().find("Content-Type"), std::string::npos);
}

TEST(CurlClient, APathIsSentAsItIsGiven) {
  RawServer server({RawServer::Ok()});
  ASSERT_TRUE(CurlClient(CurlOptions{}).Send({"GET", server.Url() + "a/../b//./d%3D1%2F"}));
  EXPECT_NE(server.Text().find("GET /a/../b//./d%3D1%2F HTTP/1.1"), std::string::npos)
      << server.Text();
}

TEST(CurlClient, WhoNamesTheEncodingGetsTheBytesAsTheyCome) {
  RawServer server({RawServer::Say(
      "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnot!")});
  const auto response =
      CurlClient(CurlOptions{}).Send({"GET", server.Url(), {{"Accept-Encoding", "identity"}}});
  ASSERT_TRUE(response) << response.error().Message();
  EXPECT_EQ(response->body, "not!");
}

TEST(CurlClient, EveryMethodArrivesAsItIs) {
  std::vector<std::string> seen;
  WebServer server([&](httplib::Server& routes) {
    const auto note = [&](const httplib::Request& request, httplib::Response&) {
      seen.push_back(request.method + request.get_header_value("Content-Length"));
    };
    routes.Get("/", note).Post("/", note).Put("/", note).Patch("/", note).Delete("/", note);
  });
  CurlClient client{CurlOptions{}};
  for (const char* const method : {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"}) {
    auto response = client.Send({method, server.Url("/")});
    ASSERT_TRUE(response) << method << response.error().Message();
    EXPECT_EQ(response->status, 200) << method;
  }
  EXPECT_EQ(seen, (std::vector<std::string>{"GET", "HEAD", "POST0", "PUT0", "PATCH0", "DELETE"}));
}

TEST(CurlClient, DoesNotFollowRedirects) {
  int elsewhere = 0;
  WebServer server([&](httplib::Server& routes) {
    routes.Get("/a", [](const httplib::Request&, httplib::Response& response) {
      response.set_redirect("/b");
    });
    routes.Get("/b", [&](const httplib::Request&, httplib::Response&) { ++elsewhere; });
  });
  auto response = CurlClient(CurlOptions{}).Send({"GET", server.Url("/a")});
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 302);
  EXPECT_EQ(elsewhere, 0);
}

TEST(CurlClient, ReadsCompressedAnswers) {
  const std::string long_text(100'000, 'x');
  std::string accepted;
  WebServer server([&](httplib::Server& routes) {
    routes.Get("/", [&](const httplib::Request& request, httplib::Response& response) {
      accepted = request.get_header_value("Accept-Encoding");
      response.set_content(long_text, "text/plain");
    });
  });
  CurlClient client{CurlOptions{}};
  auto response = client.Send({"GET", server.Url("/")});
  ASSERT_TRUE(response);
  EXPECT_EQ(response->body, long_text);
  EXPECT_EQ(response->Get("Content-Encoding"), "gzip");
  EXPECT_EQ(accepted, "gzip");
  // The limit holds for what comes out, not for what is sent.
  EXPECT_EQ(CodeOf(client.Send({.url = server.Url("/"), .max_body_bytes = 99'999})),
            Code::kCorrupt);
  EXPECT_TRUE(client.Send({.url = server.Url("/"), .max_body_bytes = 100'000}));
}

TEST(CurlClient, KeepsConnections) {
  std::vector<int> ports;
  WebServer server([&](httplib::Server& routes) {
    routes.Post("/", [&](const httplib::Request& request, httplib::Response&) {
      ports.push_back(request.remote_port);
    });
  });
  CurlClient client{CurlOptions{}};
  ASSERT_TRUE(client.Send({"POST", server.Url("/"), {}, "1"}));
  ASSERT_TRUE(client.Send({"POST", server.Url("/"), {}, "2"}));
  ASSERT_EQ(ports.size(), 2U);
  EXPECT_EQ(ports[0], ports[1]);
}

TEST(CurlClient, ServesManyThreads) {
  std::atomic<int> served = 0;
  WebServer server([&](httplib::Server& routes) {
    routes.Get("/(\\d+)", [&](const httplib::Request& request, httplib::Response& response) {
      ++served;
      response.set_content(request.matches[1].str(), "text/plain");
    });
  });
  CurlClient client{CurlOptions{}};
  std::vector<std::thread> threads;
  std::atomic<int> right = 0;
  for (int thread = 0; thread < 8; ++thread) {
    threads.emplace_back([&, thread] {
      for (int i = 0; i < 20; ++i) {
        const std::string number = std::to_string(thread * 100 + i);
        auto response = client.Send({"GET", server.Url("/" + number)});
        if (response && response->body == number) ++right;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(served, 160);
  EXPECT_EQ(right, 160);
}

TEST(CurlClient, NobodyListeningIsUnavailable) {
  int port = 0;
  { port = RawServer({}).Port(); }
  auto response = CurlClient(CurlOptions{})
                      .Send({"POST", "http://127.0.0.1:" + std::to_string(port) + "/p?secret=1"});
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, Code::kUnavailable);
  EXPECT_EQ(response.error().where, "POST http://127.0.0.1:" + std::to_string(port) + "/p");
  EXPECT_EQ(CodeOf(CurlClient(CurlOptions{}).Send({"GET", "http://nowhere.invalid/"})),
            Code::kUnavailable);
}

TEST(CurlClient, AnAnswerThatNeverComesIsUnknown) {
  RawServer server({RawServer::Close()});
  EXPECT_EQ(CodeOf(CurlClient(CurlOptions{}).Send({"POST", server.Url(), {}, "x"})),
            Code::kOutcomeUnknown);
  EXPECT_EQ(server.Requests(), 1);
}

TEST(CurlClient, HalfABodyIsUnknown) {
  RawServer server({RawServer::Say("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")});
  EXPECT_EQ(CodeOf(CurlClient(CurlOptions{}).Send({"POST", server.Url(), {}, "x"})),
            Code::kOutcomeUnknown);
}

TEST(CurlClient, AChunkedBodyWithoutItsEndIsUnknown) {
  RawServer server(
      {RawServer::Say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n")});
  EXPECT_EQ(CodeOf(CurlClient(CurlOptions{}).Send({"GET", server.Url()})), Code::kOutcomeUnknown);
}

TEST(CurlClient, TooSlowAnAnswerIsUnknown) {
  RawServer server({RawServer::Stall()});
  EXPECT_EQ(CodeOf(CurlClient(CurlOptions{})
                       .Send({.method = "POST", .url = server.Url(), .timeout = Millis(200)})),
            Code::kOutcomeUnknown);
}

// libcurl's own repetition, which would create a thing twice.
TEST(CurlClient, APostOnAConnectionThatDiesIsSentOnce) {
  RawServer server({RawServer::KeepThenClose(), RawServer::Ok()});
  CurlClient client{CurlOptions{}};
  ASSERT_TRUE(client.Send({"POST", server.Url(), {}, "first"}));
  EXPECT_EQ(CodeOf(client.Send({"POST", server.Url(), {}, "second"})), Code::kOutcomeUnknown);
  EXPECT_EQ(server.Requests(), 2);
  EXPECT_TRUE(client.Send({"POST", server.Url()}));
  EXPECT_EQ(server.Requests(), 3);
}

TEST(CurlClient, AGetOnAConnectionThatDiesIsSentAgain) {
  RawServer server({RawServer::KeepThenClose(), RawServer::Ok()});
  CurlClient client{CurlOptions{}};
  ASSERT_TRUE(client.Send({"GET", server.Url()}));
  EXPECT_TRUE(client.Send({"GET", server.Url()}));
  EXPECT_EQ(server.Requests(), 3);
}

TEST(CurlClient, WhatIsNoHttpIsCorrupt) {
  RawServer server({RawServer::Say("SSH-2.0-OpenSSH_9.2\r\n")});
  EXPECT_EQ(CodeOf(CurlClient(CurlOptions{}).Send({"GET", server.Url()})), Code::kCorrupt);
}

TEST(CurlClient, EndlessHeadersAreCorrupt) {
  std::string headers = "HTTP/1.1 200 OK\r\n";
  for (int i = 0; i < 400; ++i) headers += "X-Filler: " + std::string(1'000, 'x') + "\r\n";
  RawServer server({RawServer::Say(headers)});
  EXPECT_EQ(CodeOf(CurlClient(CurlOptions{}).Send({"GET", server.Url()})), Code::kCorrupt);
}

TEST(CurlClient, RefusesWhatCannotBeSent) {
  CurlClient client{CurlOptions{}};
  for (const char* const url :
       {"", "/path", "ftp://127.0.0.1/", "file:///etc/passwd", "http://user:secret@127.0.0.1/",
        "http://127.0.0.1/a b", "http://127.0.0.1/\r\nX: y"}) {
    auto response = client.Send({"GET", url});
    EXPECT_EQ(CodeOf(response), Code::kInvalidArgument) << url;
    EXPECT_EQ(response.error().Message().find("secret"), std::string::npos);
  }
  EXPECT_EQ(CodeOf(client.Send({"GE T", "http://127.0.0.1/"})), Code::kInvalidArgument);
  EXPECT_EQ(CodeOf(client.Send({"GET", "http://127.0.0.1/", {{"A", "b\r\nC: d"}}})),
            Code::kInvalidArgument);
  EXPECT_EQ(CodeOf(client.Send({"GET", "http://127.0.0.1/", {{"A:", "b"}}})),
            Code::kInvalidArgument);
}

TEST(CurlClient, KeepsCredentialsOffPlainHttp) {
  CurlClient client{CurlOptions{}};
  auto response =
      client.Send({"GET", "http://example.invalid/", {{"authorization", "Bearer secret"}}});
  EXPECT_EQ(CodeOf(response), Code::kRefused);
  EXPECT_EQ(response.error().Message().find("secret"), std::string::npos);
}

}  // namespace
}  // namespace salvor::http
