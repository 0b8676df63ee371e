// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef ANOMALY_SAMPLES_COMMAND_LINE_HPP
#define ANOMALY_SAMPLES_COMMAND_LINE_HPP

#include "opencv2/core.hpp"

#include <cfloat>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

//! The command line asks for something that makes no sense: exit code 2.
struct UsageError : std::runtime_error
{
    explicit UsageError(const std::string& message) : std::runtime_error(message) {}
};

//! Says of an option's value what was expected in its place.
UsageError badValue(const std::string& name, const std::string& text, const std::string& wanted);

//! The finite number, `lowest` or more, that an option's value has. Throws what badValue makes.
double toNumber(const std::string& name, const std::string& text, double lowest = -DBL_MAX);

/** Options tied to variables: a variable's value before parse is the option's default, so defaults are written once.

cv::CommandLineParser finds the values; this adds what it leaves out. It drops unknown options silently, reads 12abc as
12, and its help has neither a usage line nor examples.
*/
class CommandLine
{
public:
    CommandLine(const std::string& program, const std::string& purpose);

    //! Arguments without a name, in order.
    void argument(const std::string& name, std::string& value, const std::string& help);
    // One or more, and the last
    void arguments(const std::string& name, std::vector<std::string>& values, const std::string& help);

    //! Options that must be given.
    void required(const std::string& name, const std::string& valueName, std::string& value, const std::string& help);

    void option(const std::string& name, const std::string& valueName, std::string& value, const std::string& help);
    void option(const std::string& name, const std::string& valueName, int& value, const std::string& help,
                int lowest = 0);
    void option(const std::string& name, const std::string& valueName, double& value, const std::string& help);
    void option(const std::string& name, const std::string& valueName, std::vector<std::string>& value,
                const std::string& help);
    //! One number for all three channels, or three with commas.
    void option(const std::string& name, const std::string& valueName, cv::Scalar& value, const std::string& help);
    //! A value of some other form: `set` takes its text, or throws what badValue makes.
    void option(const std::string& name, const std::string& valueName, const std::string& defaultText,
                const std::string& help, const std::function<void(const std::string& text)>& set);
    //! The value is the chosen name's index.
    void choice(const std::string& name, const std::vector<std::string>& names, int& value, const std::string& help);
    void flag(const std::string& name, bool& value, const std::string& help);

    //! Number of threads; parse sets it for all of OpenCV.
    void threadsOption();

    //! A choice that decides which of the options that optionsOf announces there are.
    void variants(const std::string& name, const std::vector<std::string>& names, int& value, const std::string& help);
    /** What follows, until the next heading, are options of one variant only: parse refuses them by name where another
    one is chosen. Options of several variants are given for each of them, with the default that they have there.
    @param variant its index
    @param title heading in the help, before "of --<name>=<variant>"
    @param about further words below the heading, or none
    */
    void optionsOf(int variant, const std::string& title, const std::string& about = std::string());

    //! Stands above the options that follow, in the help.
    void heading(const std::string& title);
    void example(const std::string& command);

    //! False: the help or the version was asked for and is printed. Throws UsageError.
    bool parse(int argc, const char* const* argv);

private:
    struct Option
    {
        std::string heading, about;
        std::string name, valueName, defaultText, help;
        int variant; // its index, or anyVariant
        bool isRequired;
        std::function<void(const std::string&)> set;
    };
    struct Argument
    {
        std::string name, help;
        std::function<void(const std::string&)> set;
        bool repeats;
    };

    bool applies(const Option& option) const;
    const Option* find(const std::string& name) const;
    std::string ownersOf(const std::string& name) const;
    UsageError notAnOption(const std::string& name) const;
    void chooseVariant(const std::vector<const char*>& named) const;
    void checkOption(const std::string& argument) const;
    void readArguments(const std::vector<std::string>& given) const;
    void readOptions(const std::vector<const char*>& named) const;
    std::string usage() const;
    void printHelp() const;
    bool printInformation(const std::vector<const char*>& named) const;

    static const int anyVariant = -1;

    std::string program, purpose, nextHeading, nextAbout;
    std::vector<Argument> positional;
    std::vector<Option> options;
    std::vector<std::string> examples;
    std::string variantOption; // the name of the option that chooses one of variantNames
    std::vector<std::string> variantNames;
    const int* chosenVariant;
    int nextVariant; // of the options that are added
    int threads;
};

//! What an exception says, without the place in the source that cv::Exception::what adds.
std::string errorText(const std::exception& error);

//! Lines on stderr for the user, who need not do anything.
void printNotes(const std::string& program, const std::vector<std::string>& notes);

//! Runs a program's body and turns exceptions, and output that cannot be written, into messages on stderr and exit
//! codes: 0 done, 1 failed, 2 usage.
int runProgram(const std::string& program, int (*body)(int, char**), int argc, char** argv);

#endif
