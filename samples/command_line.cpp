// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#include "command_line.hpp"

#include "opencv2/anomaly/detector.hpp"

#include "../modules/anomaly/src/base/standard_streams.hpp"

#include <cctype>
#include <cerrno>
#include <climits>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <map>
#include <sstream>

UsageError badValue(const std::string& name, const std::string& text, const std::string& wanted)
{
    return UsageError("--" + name + "=" + text + ": expected " + wanted);
}

double toNumber(const std::string& name, const std::string& text, double lowest)
{
    char* end = NULL;
    const double value = std::strtod(text.c_str(), &end);
    if (text.empty() || *end || std::isspace((unsigned char)text[0]) || !std::isfinite(value) || value < lowest)
        throw badValue(name, text, lowest > -DBL_MAX ? cv::format("a number from %g", lowest) : "a number");
    return value;
}

namespace {

std::string join(const std::vector<std::string>& words, const std::string& separator)
{
    std::string all;
    for (size_t i = 0; i < words.size(); i++)
        all += (i ? separator : "") + words[i];
    return all;
}

std::vector<std::string> split(const std::string& text, char separator)
{
    std::vector<std::string> parts;
    std::istringstream stream(text);
    for (std::string part; std::getline(stream, part, separator);)
        parts.push_back(part);
    return parts;
}

// Seven digits, which show the defaults of float options without rounding errors.
std::string toText(double value)
{
    return cv::format("%.7g", value);
}

// One number if all three channels are equal.
std::string toText(const cv::Scalar& value)
{
    if (value[0] == value[1] && value[1] == value[2])
        return toText(value[0]);
    return toText(value[0]) + "," + toText(value[1]) + "," + toText(value[2]);
}

int toInteger(const std::string& name, const std::string& text, int lowest)
{
    char* end = NULL;
    errno = 0;
    const long value = std::strtol(text.c_str(), &end, 10);
    if (text.empty() || *end || std::isspace((unsigned char)text[0]) || errno || value < lowest || value > INT_MAX)
        throw badValue(name, text, cv::format("a whole number from %d", lowest));
    return int(value);
}

cv::Scalar toScalar(const std::string& name, const std::string& text)
{
    const std::vector<std::string> parts = split(text, ',');
    if (parts.size() == 1)
        return cv::Scalar::all(toNumber(name, text));
    if (parts.size() != 3)
        throw badValue(name, text, "one number, or three with commas");
    return cv::Scalar(toNumber(name, parts[0]), toNumber(name, parts[1]), toNumber(name, parts[2]));
}

int toChoice(const std::string& name, const std::string& text, const std::vector<std::string>& names)
{
    for (size_t i = 0; i < names.size(); i++)
        if (names[i] == text)
            return int(i);
    throw badValue(name, text, "one of " + join(names, ", "));
}

// Prints a line without blanks at its end.
void printLine(std::string line)
{
    line.erase(line.find_last_not_of(' ') + 1);
    std::cout << line << '\n';
}

// Prints `left`, and beside it `text`, wrapped at words from a column on. If `left` is too long for the column, the
// text starts in the next line.
void printWrapped(const std::string& left, size_t column, const std::string& text)
{
    const size_t lineEnd = 96;
    std::string line = left;
    if (!left.empty() && left.size() >= column)
    {
        printLine(left);
        line.clear();
    }
    line.resize(column, ' ');
    for (const std::string& word : split(text, ' '))
    {
        if (line.size() + word.size() > lineEnd)
        {
            printLine(line);
            line.assign(column, ' ');
        }
        line += word + " ";
    }
    printLine(line);
}

bool isOption(const std::string& argument)
{
    return argument.size() > 1 && argument[0] == '-';
}

} // namespace

CommandLine::CommandLine(const std::string& program_, const std::string& purpose_)
    : program(program_),
      purpose(purpose_),
      chosenVariant(NULL),
      nextVariant(anyVariant),
      threads(0)
{}

void CommandLine::option(const std::string& name, const std::string& valueName, const std::string& defaultText,
                         const std::string& help, const std::function<void(const std::string&)>& set)
{
    const Option option = {nextHeading, nextAbout, name, valueName, defaultText, help, nextVariant, false, set};
    nextHeading.clear();
    nextAbout.clear();
    options.push_back(option);
}

void CommandLine::argument(const std::string& name, std::string& value, const std::string& help)
{
    const Argument argument = {name, help, [&value](const std::string& text) { value = text; }, false};
    positional.push_back(argument);
}

void CommandLine::arguments(const std::string& name, std::vector<std::string>& values, const std::string& help)
{
    const Argument argument = {name, help, [&values](const std::string& text) { values.push_back(text); }, true};
    positional.push_back(argument);
}

void CommandLine::required(const std::string& name, const std::string& valueName, std::string& value,
                           const std::string& help)
{
    option(name, valueName, value, help);
    options.back().isRequired = true;
}

void CommandLine::option(const std::string& name, const std::string& valueName, std::string& value,
                         const std::string& help)
{
    option(name, valueName, value, help, [&value](const std::string& text) { value = text; });
}

void CommandLine::option(const std::string& name, const std::string& valueName, int& value, const std::string& help,
                         int lowest)
{
    option(name, valueName, std::to_string(value), help,
           [&value, name, lowest](const std::string& text) { value = toInteger(name, text, lowest); });
}

void CommandLine::option(const std::string& name, const std::string& valueName, double& value, const std::string& help)
{
    option(name, valueName, toText(value), help,
           [&value, name](const std::string& text) { value = toNumber(name, text); });
}

void CommandLine::option(const std::string& name, const std::string& valueName, std::vector<std::string>& value,
                         const std::string& help)
{
    option(name, valueName, join(value, ","), help, [&value](const std::string& text) { value = split(text, ','); });
}

void CommandLine::option(const std::string& name, const std::string& valueName, cv::Scalar& value,
                         const std::string& help)
{
    option(name, valueName, toText(value), help,
           [&value, name](const std::string& text) { value = toScalar(name, text); });
}

void CommandLine::choice(const std::string& name, const std::vector<std::string>& names, int& value,
                         const std::string& help)
{
    option(name, join(names, "|"), names[value], help,
           [&value, name, names](const std::string& text) { value = toChoice(name, text, names); });
}

void CommandLine::flag(const std::string& name, bool& value, const std::string& help)
{
    option(name, "", "", help, [&value](const std::string&) { value = true; });
}

void CommandLine::threadsOption()
{
    option("threads", "N", "one for each processor", "threads to compute with", [this](const std::string& text) {
        const int most = 4096; // far more end in a crash of the library that runs them
        threads = toInteger("threads", text, 1);
        if (threads > most)
            throw badValue("threads", text, cv::format("a whole number from 1 to %d", most));
        cv::setNumThreads(threads);
    });
}

void CommandLine::variants(const std::string& name, const std::vector<std::string>& names, int& value,
                           const std::string& help)
{
    choice(name, names, value, help);
    variantOption = name;
    variantNames = names;
    chosenVariant = &value;
}

void CommandLine::optionsOf(int variant, const std::string& title, const std::string& about)
{
    nextHeading = title + " of --" + variantOption + "=" + variantNames[variant];
    nextAbout = about;
    nextVariant = variant;
}

void CommandLine::heading(const std::string& title)
{
    nextHeading = title;
    nextAbout.clear();
    nextVariant = anyVariant;
}

void CommandLine::example(const std::string& command)
{
    examples.push_back(program + " " + command);
}

bool CommandLine::applies(const Option& option) const
{
    return option.variant == anyVariant || option.variant == *chosenVariant;
}

const CommandLine::Option* CommandLine::find(const std::string& name) const
{
    for (const Option& option : options)
        if (option.name == name && applies(option))
            return &option;
    return NULL;
}

//! Returns the variants that have an option of this name, such as "patchcore, padim", or an empty text.
std::string CommandLine::ownersOf(const std::string& name) const
{
    std::vector<std::string> owners;
    for (const Option& option : options)
        if (option.name == name && option.variant != anyVariant)
            owners.push_back(variantNames[option.variant]);
    return join(owners, ", ");
}

// The error about an unknown option, which says so if another variant has it.
UsageError CommandLine::notAnOption(const std::string& name) const
{
    const std::string owners = name.compare(0, 2, "--") == 0 ? ownersOf(name.substr(2)) : std::string();
    if (owners.empty())
        return UsageError("there is no option " + name + " (the name of a file that begins so comes after --)");
    return UsageError(name + " is an option of --" + variantOption + "=" + owners + ", not of " +
                      variantNames[*chosenVariant]);
}

// Throws if an option is given twice with different values, one of which would be passed over.
void CommandLine::checkRepeated(const std::vector<const char*>& named) const
{
    std::map<std::string, std::string> arguments; // by the name of the option
    for (size_t i = 1; i < named.size(); i++)
    {
        const std::string argument = named[i], name = argument.substr(0, argument.find('='));
        const std::string& first = arguments.insert(std::make_pair(name, argument)).first->second;
        if (first != argument)
            throw UsageError(name + " is given twice, as " + first + " and as " + argument + ": leave one of them out");
    }
}

// Reads the option that chooses a variant before all others, because it decides which options exist.
void CommandLine::chooseVariant(const std::vector<const char*>& named) const
{
    const std::string start = "--" + variantOption + "=";
    for (const char* const argument : named)
        if (!variantOption.empty() && std::string(argument).compare(0, start.size(), start) == 0)
            find(variantOption)->set(std::string(argument).substr(start.size()));
}

// Throws if an option does not exist, lacks its value, or has one that it does not take.
void CommandLine::checkOption(const std::string& argument) const
{
    const size_t equals = argument.find('=');
    const std::string name = argument.substr(0, equals);
    const Option* option = name.compare(0, 2, "--") == 0 ? find(name.substr(2)) : NULL;
    if (!option)
        throw notAnOption(name);
    const bool hasValue = equals != std::string::npos && equals + 1 < argument.size();
    if (!option->valueName.empty() && !hasValue)
        throw UsageError(name + " needs a value after an equals sign: " + name + "=" + option->valueName);
    if (option->valueName.empty() && equals != std::string::npos)
        throw UsageError(name + " takes no value");
}

// Gives the arguments to their variables. The last one may repeat.
void CommandLine::readArguments(const std::vector<std::string>& given) const
{
    for (size_t i = 0; i < given.size(); i++)
    {
        if (i >= positional.size() && (positional.empty() || !positional.back().repeats))
            throw UsageError("'" + given[i] + "' is one argument too many");
        positional[std::min(i, positional.size() - 1)].set(given[i]);
    }
    if (given.size() < positional.size())
        throw UsageError("<" + positional[given.size()].name + "> is missing");
}

// Gives the options to their variables, by means of cv::CommandLineParser.
void CommandLine::readOptions(const std::vector<const char*>& named) const
{
    std::string keys;
    for (const Option& option : options)
        if (applies(option))
            keys += "{" + option.name + "||}";
    const cv::CommandLineParser parser(int(named.size()), named.data(), keys);
    for (const Option& option : options)
    {
        if (!applies(option))
            continue;
        if (parser.has(option.name))
            option.set(parser.get<std::string>(option.name, false));
        else if (option.isRequired)
            throw UsageError("--" + option.name + "=" + option.valueName + " is missing");
    }
}

// Whether the help or the version was asked for, and is printed now.
bool CommandLine::printInformation(const std::vector<const char*>& named) const
{
    for (size_t i = 1; i < named.size(); i++)
    {
        const std::string argument = named[i];
        if (argument == "--help" || argument == "-h")
            printHelp();
        else if (argument == "--version")
            std::cout << cv::anomaly::getVersionInformation();
        else
            continue;
        return true;
    }
    return false;
}

bool CommandLine::parse(int argc, const char* const* argv)
{
    std::vector<std::string> given;
    std::vector<const char*> named(1, argv[0]);
    bool onlyFiles = false; // set after "--"
    for (int i = 1; i < argc; i++)
    {
        const std::string argument = argv[i];
        if (onlyFiles || !isOption(argument))
            given.push_back(argument);
        else if (argument == "--")
            onlyFiles = true;
        else
            named.push_back(argv[i]);
    }
    if (printInformation(named))
        return false;
    checkRepeated(named);
    chooseVariant(named);
    for (size_t i = 1; i < named.size(); i++)
        checkOption(named[i]);
    readArguments(given);
    readOptions(named);
    return true;
}

std::string CommandLine::usage() const
{
    std::string line = program;
    for (const Argument& argument : positional)
        line += " <" + argument.name + ">" + (argument.repeats ? "..." : "");
    for (const Option& option : options)
        if (option.isRequired)
            line += " --" + option.name + "=" + option.valueName;
    return line + " [options]";
}

void CommandLine::printHelp() const
{
    const size_t column = 22;
    printWrapped("", 0, purpose);
    std::cout << "\nUsage: " << usage() << "\n\n";
    for (const Argument& argument : positional)
        printWrapped("  <" + argument.name + ">", column, argument.help);
    for (const Option& option : options)
    {
        if (!option.heading.empty())
            std::cout << "\n" << option.heading << ":\n";
        if (!option.about.empty())
            printWrapped("", 2, option.about);
        const std::string value = option.valueName.empty() ? "" : "=" + option.valueName;
        const std::string defaultText = option.defaultText.empty() ? "" : " [" + option.defaultText + "]";
        printWrapped("  --" + option.name + value, column, option.help + defaultText);
    }
    printWrapped("  --help", column, "print this");
    printWrapped("  --version", column, "print versions, and what this build computes with on this machine");
    if (!positional.empty())
        printWrapped("  --", column, "what follows are names of files, even if they begin with -");
    std::cout << "\nExamples:\n";
    for (const std::string& example : examples)
        std::cout << "  " << example << '\n';
}

std::string errorText(const std::exception& error)
{
    const cv::Exception* const ours = dynamic_cast<const cv::Exception*>(&error);
    return ours ? ours->err : error.what();
}

// Returns the exit code of the program. Printed text may still be in a buffer, and an error such as a full disk only
// shows when the buffer is written.
static int afterOutput(const std::string& program, int code)
{
    std::cout.flush();
    if (std::cout && std::fflush(stdout) == 0)
        return code;
    std::cerr << program << ": standard output cannot be written, is the disk full?" << std::endl;
    return code ? code : 1;
}

void printNotes(const std::string& program, const std::vector<std::string>& notes)
{
    for (const std::string& note : notes)
        std::cerr << program << ": " << note << std::endl;
}

int runProgram(const std::string& program, int (*body)(int, char**), int argc, char** argv)
{
#if defined(__SANITIZE_THREAD__)
    // OpenCV's thread pool is not instrumented, so that ThreadSanitizer would report all data that its threads share.
    cv::setNumThreads(1);
#endif
    cv::anomaly::openMissingStreams();
    try
    {
        return afterOutput(program, body(argc, argv));
    }
    catch (const UsageError& error)
    {
        std::cerr << program << ": " << error.what() << "\n" << program << " --help lists what can be given\n";
        return 2;
    }
    catch (const std::exception& error)
    {
        std::cerr << program << ": " << errorText(error) << std::endl;
    }
    return 1;
}
