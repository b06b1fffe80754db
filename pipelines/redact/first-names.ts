/**
 * First names by which a name is told from another capitalised word, which in German every noun is. Frequent ones in Germany,
 * Austria, Switzerland, Great Britain and Ireland, without those that are words or brands (Rose, Mark, Grace, Will, Bill).
 */
export const FIRST_NAMES: ReadonlySet<string> = new Set(`
adam adrian ahmed albert albrecht alex alexander alexandra alfred ali alice alina alois amelie amy ana andrea andreas andrew andrzej angela angelika anika anita anja ann anna anne anneliese annemarie annegret
annette annika ansgar anselm anthony anton antonia arne arnold arthur astrid axel ayse barbara bastian beate beatrice ben benedikt benjamin bernd bernhard beth bettina bianca birgit birte bjorn björn brigitte bruno
carl carla carlotta carmen carolin caroline caspar catherine cecilia charles charlotte chiara chris christa christel christian christiane christina christine christoph christopher ciara clara claudia clemens conor
cornelia craig dagmar daniel daniela dave david debbie deirdre dejan denis dennis derek detlef dieter dietmar dirk dominik donald doreen doris dorothea dörte ebru eckhard edith edgar eduard elena elfriede eleni elias
elif elin elisabeth elke ella ellen elsa elvira emil emily emma emre erich erik erika erna ernst esther eva evelyn fabian fatma felix ferdinand finn florian frank franz franziska frederik friedrich frieda fritz
gabriel gabriele gareth gary georg george gerald gerd gerda gerhard gerlinde gertrud gisela gloria gordon graham greg gregor gudrun günter günther gunter gustav hannah hanna hannelore hannes hans harald harold
harriet harry hartmut hassan heike heiko heidi heinrich heinz helen helena helene helga helmut hendrik henning henrik henry herbert hermann hilda hilde hildegard hinrich holger horst hubert hugo hülya ibrahim ida
ilse imke imogen ines inge ingeborg ingo ingrid ioana irene iris irina irmgard isabel isabella ivan jack jacob jakob jan jana jane janet jasmin jason jean jennifer jenny jens jessica jim joachim joan joanna jochen
johann johanna johannes john jonas jonathan jörg josef joseph joshua judith jule julia julian juliane jürgen jutta kai karin karen karim karl karla karsten katarina kate katharina kathrin katie katja katrin kerstin
kevin klaus konrad korbinian kristin kurt lara larissa lars laura lea lena leo leon leonhard leonie lewis liam lieselotte lina linda lisa lothar louis louisa louise luca lucas lucia lucy ludwig luis luisa lukas
lydia magdalena maike maja malte mandy manfred manuel manuela marc marcel marco marcus margaret margit margot margrit margarete maria marianne marie marika marina mario marion marisol marit marius markus marlene
marlies marta martha martin martina marvin mary mathias mats matteo matthew matthias max maximilian mehmet meike melanie michael michaela michelle mike milan miriam mirko mohamed mohammed monika moritz murat
mustafa nadine nadja natalie nele niall nicholas nick nicola nicolas nicole niels nigel niklas nikola nils nina noah nora norbert oksana olaf ole oliver olivia olga oscar oskar oswald owen pascal patricia patrick
paul paula pauline peter petra philip philipp philippa pia pierre piotr priya rachel rafael rainer ralf ralph raphael raymond rebecca regina regine reiner reinhard reinhold renate rené richard rita robert robin roger
roland rolf ronald rosa rosalind rosemarie roswitha rosi rosie ruben rudi rudolf rupert ruth sabine sabrina sally sam samuel sandra sara sarah sascha sean sebastian selma selina sergej severin siegfried sigrid
silke silvia simon simone sina sinead siobhan sofia sofie sonja sophia sophie stefan stefanie steffen steffi stella stephan stephanie stephen steve steven stuart sue susan susanna susanne sven svenja svetlana sylvia
tamara tamsin tanja tatjana tessa theo theodor theresa theresia thomas thorsten tilman tim timo tina tobias tom tomasz toni tony torsten udo ulf uli ulrich ulrike ursula urs ute uta uwe valentin valerie vanessa vera
verena veronika victoria viktor vincent volker walter waltraud wanda werner wiebke wilfried wilhelm willi william wolfgang xaver yasemin yvonne yusuf zeynep zoe zofia amira aylin benno conny fergus hauke janina jonte kathi lotta mareike marek momo nuray ronja sigrun sunita till tilo vivien malin wolfram lennart cem
`.trim().split(/\s+/))
